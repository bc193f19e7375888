"""A basket worked out again from its answer alone, by a pocket calculator: nothing of the product is used here."""

from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from tests.recomputed import COINS, HUNDRED, WORKING, agrees, own_line_amount, recomputed

SETTLED = Context(prec=50, rounding=ROUND_HALF_UP)
Json = dict[str, Any]


@dataclass
class Amount:
    """One amount of a basket: what it begins with, and what its shares make of it; `said` is as answered."""

    said: Json
    start: Decimal
    mode: str
    quantity: Decimal
    shares: list[Json] = field(default_factory=list)
    befores: list[Decimal] = field(default_factory=list)
    left: Decimal = Decimal(0)


def check_basket(answer: Json) -> None:
    """That every share, amount and total of a basket follows from what the answer tells."""
    with localcontext(WORKING):
        _Basket(answer).check()


class _Basket:
    def __init__(self, answer: Json) -> None:
        self.answer = answer
        self.lines = [line for line in answer["lines"] if line.get("outcome") == "price"]
        # Shares are told to lines by item and quantity; of lines alike to the one that was asked first.
        self.lines.sort(key=lambda line: (line["item"], Decimal(line["quantity"])))
        self.coin = Decimal(1).scaleb(-COINS.get(self.lines[0]["currency"], 2)) if self.lines else Decimal("0.01")
        bought = [line for line in self.lines if Decimal(line["quantity"]) > 0]
        self.mode = "gross" if bought and all(line["tax_mode"] == "gross" for line in bought) else "net"
        goods = [self._line(line) for line in self.lines]
        beside = [self._own(own, line) for line in self.lines for own in line.get("own_lines", ())]
        charges = [
            Amount(charge, Decimal(charge["amount"]), self.mode, Decimal(1), charge.get("shares", []))
            for charge in answer["charges"]
        ]
        self.amounts = [*goods, *beside, *charges]

    def _rounded(self, amount: Decimal) -> Decimal:
        return SETTLED.plus(amount).quantize(self.coin, ROUND_HALF_UP, WORKING)

    def _line(self, line: Json) -> Amount:
        alone = recomputed(line)
        told = {"net": str(alone.net), "tax": alone.tax and str(alone.tax), "gross": alone.gross and str(alone.gross)}
        assert agrees(line | told, alone), line
        shares = line["shares"]
        mode = self.mode if any(Decimal(share["amount"]) for share in shares) else line["tax_mode"]
        start = alone.gross if mode == "gross" and alone.gross is not None else alone.net
        return Amount(line, start, mode, Decimal(line["quantity"]), shares)

    def _own(self, own: Json, line: Json) -> Amount:
        amount, shares = own_line_amount(own), own.get("shares", [])
        mode = self.mode if any(Decimal(share["amount"]) for share in shares) else line["tax_mode"]
        if mode != line["tax_mode"] and own["tax_percent"] is not None:
            amount = self._rounded(amount / (1 + Decimal(own["tax_percent"]) / HUNDRED))
        return Amount(own, amount, mode, Decimal(1), shares)

    def check(self) -> None:
        """Each amount with its shares, each rule over all of them, and the totals."""
        for one in self.amounts:
            one.left = one.start
            for share in one.shares:
                one.befores.append(one.left)
                change = Decimal(share["amount"])
                one.left += change if share["kind"] == "charge" else -change
                assert one.left >= 0, one.said
            with_tax = one.mode == "gross" and one.said["gross"] is not None
            assert Decimal(one.said["gross" if with_tax else "net"]) == one.left, one.said
        rules = {(share["step"], share["rule"]) for one in self.amounts for share in one.shares}
        for step, rule in sorted(rules):
            self._check_rule([
                (one, share, before)
                for one in self.amounts
                for share, before in zip(one.shares, one.befores, strict=True)
                if (share["step"], share["rule"]) == (step, rule)
            ])  # fmt: skip
        for charge in self.answer["charges"]:
            self._check_charge(charge)
        for goods in self.answer["free_goods"]:
            amount = self._rounded(Decimal(goods["price"]) * Decimal(goods["quantity"]))
            with_tax = goods["tax_mode"] == "gross" and goods["gross"] is not None
            assert Decimal(goods["gross" if with_tax else "net"]) == amount, goods
        self._check_totals()

    def _check_rule(self, parts: list[tuple[Amount, Json, Decimal]]) -> None:
        """The total of a rule from what its shares are of, and each share by the largest remainder."""
        first = parts[0][1]
        bases = [Decimal(share["base"]) for _, share, _ in parts]
        total = Decimal(first["total"])
        if not first.get("capped"):
            assert self._total(first, parts, bases) == total, parts
        wanted = self._shared(total, bases)
        given = [Decimal(share["amount"]) + Decimal(share.get("cut", "0")) for _, share, _ in parts]
        assert given == wanted, (first, given, wanted)
        for one, share, before in parts:
            assert [share[name] for name in ("total", "value")] == [first[name] for name in ("total", "value")], share
            if share["action"].startswith("bundle"):
                assert Decimal(share["units"]) <= one.quantity, share
            elif share["action"] != "indexed" and "basis" not in share:
                assert Decimal(share["base"]) == before, (share, before)

    def _total(self, first: Json, parts: list[tuple[Amount, Json, Decimal]], bases: list[Decimal]) -> Decimal:
        whole, action = sum(bases, Decimal(0)), first["action"]
        there = sum((before for _, _, before in parts), Decimal(0))
        if action == "percent":
            total = self._rounded(whole * Decimal(first["value"]) / HUNDRED)
            return total if first["kind"] == "charge" else min(total, there)
        if action == "indexed" or action.startswith("bundle"):
            return self._rounded(whole)
        amount = Decimal(first["value"]) * Decimal(first.get("rate", "1")) * Decimal(first.get("times", "1"))
        if "tax_mode" in first:
            amount *= whole / sum(
                (self._in_other_mode(one, Decimal(share["base"])) for one, share, _ in parts), Decimal(0)
            )
        if action == "price":
            amount = max(amount - whole if first["kind"] == "charge" else whole - amount, Decimal(0))
        amount = self._rounded(amount)
        return amount if first["kind"] == "charge" else min(amount, there)

    def _in_other_mode(self, one: Amount, base: Decimal) -> Decimal:
        factor = 1 + Decimal(one.said["tax_percent"] or "0") / HUNDRED
        return base / factor if self.mode == "gross" else base * factor

    def _shared(self, total: Decimal, weights: list[Decimal]) -> list[Decimal]:
        whole = sum(weights, Decimal(0))
        if not whole:
            weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
        exact = [total * weight / whole for weight in weights]
        shares = [share.quantize(self.coin, ROUND_FLOOR) for share in exact]
        missing = int((total - sum(shares, Decimal(0))) / self.coin)
        for place in sorted(range(len(shares)), key=lambda place: shares[place] - exact[place])[:missing]:
            shares[place] += self.coin
        return shares

    def _check_charge(self, charge: Json) -> None:
        alike = [one for one in self.answer["charges"] if one["rule"] == charge["rule"]]
        total = Decimal(charge["total"])
        assert sum((Decimal(one["amount"]) for one in alike), Decimal(0)) == total, alike
        if charge["action"] == "percent":
            assert self._rounded(Decimal(charge["base"]) * Decimal(charge["value"]) / HUNDRED) == total, charge
        elif charge["action"] == "amount" and "tax_mode" not in charge:
            rate, times = Decimal(charge.get("rate", "1")), Decimal(charge.get("times", "1"))
            assert self._rounded(Decimal(charge["value"]) * rate * times) == total, charge

    def _check_totals(self) -> None:
        """Net + tax = gross of each amount and of all, and by rate."""
        answer = self.answer
        parts = [one.said for one in self.amounts] + answer["free_goods"]
        parts += [own for goods in answer["free_goods"] for own in goods.get("own_lines", ())]
        for part in (*parts, answer["totals"]):
            if part["gross"] is not None:
                assert Decimal(part["net"]) + Decimal(part["tax"]) == Decimal(part["gross"]), part
        totals = answer["totals"]
        if totals["gross"] is None:
            return
        for name in ("net", "tax", "gross"):
            assert sum((Decimal(part[name]) for part in parts), Decimal(0)) == Decimal(totals[name]), name
        by_rate = Decimal(0)
        for row in totals["by_rate"]:
            rate = (row["tax_percent"], row["tax_category"])
            mine = [part for part in parts if (part["tax_percent"], part["tax_category"]) == rate]
            net, tax = (sum((Decimal(part[name]) for part in mine), Decimal(0)) for name in ("net", "tax"))
            assert (net, tax) == (Decimal(row["net"]), Decimal(row["tax"])), row
            by_rate += self._rounded(net * Decimal(row["tax_percent"]) / HUNDRED)
        assert Decimal(totals["tax"]) - by_rate == Decimal(totals["rounding"]), totals

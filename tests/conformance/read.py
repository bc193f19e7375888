"""What is expected, read from the public answer and compared: by number where both are numbers."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from tests.conformance.ask import Desk, Refused, context, line
from tests.conformance.translate import Case
from tests.conformance.words import Missing, Said


class Answer:
    """The answer to a case's question, and what else is asked to read it."""

    def __init__(self, desk: Desk, case: Case) -> None:
        self.desk, self.case, self.query = desk, case, case.query
        self.basket: Said = {}
        self.price: Said = {}
        if case.in_basket:
            self.basket = desk.basket(**basket_of(case), channel=case.channel)
        elif case.query["kind"] != "price_ladder":
            self.price = desk.price(**line(case))
        item = next((item for item in case.items if item["id"] == case.query.get("item")), {})
        customer = next((one for one in case.customers if one["id"] == case.query.get("customer")), {})
        tax = customer.get("tax_mapping", {}).get("to", item.get("tax", case.query.get("tax")))
        asked = case.query.get("prices_include_tax")
        self.mode = (
            "gross"
            if (asked if asked is not None else (tax or "").endswith("incl") or item.get("tax_included"))
            else "net"
        )

    def of_price(self, name: str, otherwise: str | None = None) -> str | None:
        """A field of the price's answer; None where there is no price."""
        found: str | None = self.price.get(name, otherwise if self.price["outcome"] == "price" else None)
        return found

    def unit_price(self) -> str | None:
        """The price of one unit, in the unit that the case wants it in."""
        wanted = self.query.get("unit_price_per")
        if wanted is not None and wanted == self.price.get("reference_unit") != self.price["unit"]:
            return self.of_price("reference_net_price")
        return self.of_price(f"{self.mode}_price")

    def list_price(self, mode: str | None = None) -> str | None:
        """What one unit costs before anything that is shown as a discount."""
        mode = mode or self.mode
        return self.of_price("list_price" if mode == "net" else "list_gross_price", self.of_price(f"{mode}_price"))

    def rules(self) -> list[str]:
        """The case's rules that applied, in their order; those of a basket by its lines."""
        lines = self.basket.get("lines", [self.price])
        found = [one["rule"] for line in lines for one in [*line["steps"], *line.get("shares", [])]]
        found += [one["rule"] for one in self.basket.get("free_goods", [])]
        return [self.case.codes[code] for code in dict.fromkeys(found) if code in self.case.codes]

    def before(self, **said: Any) -> Said:
        """The answer of a channel that knows prices of items alone: no list, no discount."""
        return self.desk.price(**line(self.case) | {"channel": "before"} | said)

    def basket_before(self) -> Said:
        """The basket in that channel."""
        return self.desk.basket(**basket_of(self.case), channel="before")

    def ladder(self) -> list[Said]:
        """The ladders of all units and currencies that the rules name."""
        rows: list[Said] = []
        breaks = {Decimal(rule["min_qty"]) for rule in self.case.rules if "min_qty" in rule}
        named = [(rule.get("currency", self.query.get("currency")), rule.get("uom")) for rule in self.case.rules]
        for word, unit in dict.fromkeys(named):
            price = self.desk.price(
                **line(self.case) | {"ladder": "true"} | _with(currency=self.case.currency(word), unit=unit)
            )
            for rung in price.get("ladder", []):
                if breaks and Decimal(rung["from"]) not in breaks:
                    continue  # The price of one alone is no break.
                row = {"min_qty": rung["from"], "price": rung["net_price"]}
                rows.append(row | _with(currency=word, uom=unit))
        return rows

    def adjustments(self) -> list[Said]:
        """What each rule takes off each line."""
        rows = []
        for place, answered in enumerate(self.basket["lines"]):
            asked = self.case.lines[place]
            name = {"line": asked["line"]} if "line" in asked else {"item": asked["item"].partition("/")[0]}
            rows += [
                {"rule": self.case.codes.get(share["rule"], share["rule"]), **name, "amount": share["amount"]}
                for share in answered["shares"]
            ]
        return rows

    def shares(self, name: str) -> Any:
        """How an amount is shared over the parts, in the form that is expected."""
        parts = [sum((Decimal(share["amount"]) for share in one["shares"]), Decimal(0)) for one in self.basket["lines"]]
        sign = "-" if self.query.get("amount", "").startswith("-") else ""
        texts = [f"{sign}{part}" for part in parts]
        wanted, names = self.case.raw["expected"][name], [part["id"] for part in self.query["parts"]]
        if isinstance(wanted, dict):
            return dict(zip(names, texts, strict=True))
        if isinstance(wanted[0], dict):
            return [{"id": part, "amount": text} for part, text in zip(names, texts, strict=True)]
        return texts

    def portions(self) -> list[Any]:
        """The parts of a graduated scale, in the form that is expected: how many, at what, what they come to."""
        rows = []
        for part in (part for step in self.price["steps"] for part in step.get("parts", [])):
            quantity, value = part["quantity"], part["value"]
            row = {"qty": quantity, "unit_price": value, "price": value, "value": value}
            rows.append(row | {"amount": Decimal(quantity) * Decimal(value) if "unit_price" in self.tier() else value})
        wanted = self.case.raw["expected"]["portions"]
        if isinstance(wanted[0], dict):
            return rows
        quantities = [row["qty"] for row in rows]
        return quantities if same(wanted, quantities) else [row["amount"] for row in rows]

    def tier(self) -> Said:
        """The first tier of the case's rules."""
        return next((tier for rule in self.case.rules for tier in rule.get("tiers", [])), {})

    def line_discounts(self) -> Any:
        """What is off each line, as a list or by item."""
        before = self.basket_before()["lines"]
        off = [
            Decimal(was[self.mode]) - Decimal(one[self.mode])
            for was, one in zip(before, self.basket["lines"], strict=True)
        ]
        if isinstance(self.case.raw["expected"]["line_discounts"], list):
            return off
        return dict(zip((one["item"] for one in self.case.lines), off, strict=True))

    def off(self, mode: str) -> Decimal:
        """What is off the whole basket: what it would come to at the items' own prices, less what it comes to."""
        return Decimal(self.basket_before()["totals"][mode]) - Decimal(self.basket["totals"][mode])

    def by_item(self, name: str) -> Said:
        """A field of each line, by its item."""
        return {one["item"]: one.get(name, "0") for one in self.basket["lines"]}


def _with(**said: Any) -> Said:
    return {name: value for name, value in said.items() if value is not None}


def basket_of(case: Case) -> Said:
    """The lines of a case's basket, and for whom they are."""
    lines = [{"item": one["item"], "quantity": one.get("qty", "1")} for one in case.lines]
    said = context(case)
    del said["channel"]
    return {**said, "lines": [{"id": str(place), **one} for place, one in enumerate(lines)]}


READERS: dict[str, Callable[[Answer], Any]] = {
    "unit_price": Answer.unit_price,
    "gross_unit_price": Answer.list_price,
    "unit_price_with_margin": Answer.list_price,
    "original_price": lambda answer: answer.before().get(f"{answer.mode}_price"),
    "display_price": lambda answer: answer.of_price(
        "gross_price" if answer.query.get("display") == "tax_included" else "net_price"
    ),
    "display_base_price": lambda answer: answer.list_price(
        "gross" if answer.query.get("display") == "tax_included" else "net"
    ),
    "discount_percent": lambda answer: (
        answer.by_item("discount_percent") if answer.basket else answer.of_price("discount_percent", "0")
    ),
    "discount_rate": lambda answer: Decimal(answer.of_price("discount_percent", "0") or 0) / 100,
    "saving_percent": lambda answer: answer.of_price("discount_percent", "0"),
    "discount_amount": lambda answer: answer.off("net") if answer.basket else answer.of_price("discount_price", "0"),
    "discount_per_unit": lambda answer: answer.of_price("discount_price", "0"),
    "discount_total": lambda answer: answer.off("net") if answer.basket else answer.of_price("discount", "0"),
    "line_total": lambda answer: answer.of_price(answer.mode),
    "line_net": lambda answer: answer.of_price("net"),
    "line_gross": lambda answer: answer.of_price("gross"),
    "line_tax": lambda answer: answer.of_price("tax"),
    "line_tax_15": lambda answer: answer.of_price("tax"),
    "line_net_undiscounted": lambda answer: answer.before()["net"],
    "price_list": lambda answer: answer.of_price("price_list"),
    "applied_rules": Answer.rules,
    "order": Answer.rules,
    "lowest_prior_price": lambda answer: answer.of_price("prior_net_price"),
    "ladder": Answer.ladder,
    "selected_from": lambda answer: {
        quantity: answer.desk.price(**line(answer.case) | {"quantity": quantity}).get("price_list")
        for quantity in answer.case.raw["expected"]["selected_from"]
    },
    "order_net": lambda answer: answer.basket["totals"]["net"],
    "order_tax": lambda answer: answer.basket["totals"]["tax"],
    "order_gross": lambda answer: answer.basket["totals"]["gross"],
    "order_total": lambda answer: answer.basket["totals"]["gross"] or answer.basket["totals"]["net"],
    "order_net_before": lambda answer: answer.basket_before()["totals"]["net"],
    "order_gross_before": lambda answer: answer.basket_before()["totals"]["gross"],
    "discount_gross": lambda answer: answer.off("gross"),
    "discount_net": lambda answer: answer.off("net"),
    "adjustments": Answer.adjustments,
    "shares": lambda answer: answer.shares("shares"),
    "portions": lambda answer: answer.shares("portions") if answer.basket else answer.portions(),
    "line_discounts": Answer.line_discounts,
    "eligible_qty": lambda answer: answer.off("net"),
    "free_goods": lambda answer: [
        {"item": gift["item"], "qty": gift["quantity"], "unit_price": gift["price"]}
        for gift in answer.basket["free_goods"]
    ],
    "unit_price_after": lambda answer: {
        one["item"]: Decimal(one["net"]) / Decimal(one["quantity"]) for one in answer.basket["lines"]
    },
    "rejected_codes": lambda answer: answer.basket["coupons_unused"],
}


def compared(desk: Desk, case: Case) -> list[tuple[str, Any, Any]]:
    """What differs: the name, what is expected and what was answered.

    Errors:  Missing for an expectation that has no reader; Refused.
    """
    expected: Said = case.raw["expected"]
    for name in expected:
        if name not in READERS and name != "error":
            raise Missing(f"expected.{name}")
    try:
        answer = Answer(desk, case)
    except Refused:
        if "error" in expected:
            return []
        raise
    case.raw["answer"] = answer.price or answer.basket
    if "error" in expected:
        return (
            [("error", expected["error"], answer.price.get("net_price"))]
            if answer.price.get("outcome") == "price"
            else []
        )
    differing = []
    for name, wanted in expected.items():
        got = READERS[name](answer)
        wanted = _without_repeats(wanted) if name == "ladder" else wanted
        if not same(wanted, got, label="percent" in name or "display" in name):
            differing.append((name, wanted, got))
    return differing


def _without_repeats(rows: list[Said]) -> list[Said]:
    """A ladder without the rungs at which nothing changes."""
    kept: dict[Any, Said] = {}
    result = []
    for row in sorted(rows, key=lambda row: Decimal(row["min_qty"])):
        slot = row.get("currency"), row.get("uom")
        if slot not in kept or not same(kept[slot]["price"], row["price"]):
            result.append(row)
        kept[slot] = row
    return result


def same(wanted: Any, got: Any, *, label: bool = False) -> bool:
    """Whether an answer says what is expected; lists of records in any order, a label to the digits that are stated."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(name in got and same(value, got[name], label=label) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list):
        if wanted and isinstance(wanted[0], dict):
            left = list(got)
            for one in wanted:
                found = next((row for row in left if same(one, row)), None)
                if found is None:
                    return False
                left.remove(found)
            return not left
        return len(wanted) == len(got) and all(same(one, other) for one, other in zip(wanted, got, strict=True))
    if wanted is None or got is None:
        return wanted is got
    try:
        number, other = Decimal(str(wanted)), Decimal(str(got))
    except InvalidOperation:
        return bool(wanted == got)
    return number == (other.quantize(number, ROUND_HALF_UP) if label else other)

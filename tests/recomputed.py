"""A price worked out again from its answer alone, by a pocket calculator: nothing of the product is used here."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

# Sixty digits are worked with; before anything is rounded, fifty count, so that thirds are no trouble.
WORKING = Context(prec=60, rounding=ROUND_HALF_UP)
SETTLED = Context(prec=50, rounding=ROUND_HALF_UP)
NINE = Decimal("0.000000001")
COINS = {"JPY": 0, "KWD": 3}
DIRECTIONS = {"nearest": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}
HUNDRED = Decimal(100)
Json = dict[str, Any]


@dataclass(frozen=True)
class Amounts:
    """What a line comes to: the unit price without and with tax, and the line's amounts."""

    net_price: Decimal
    gross_price: Decimal | None
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None


def recomputed(answer: Json) -> Amounts:
    """The amounts of an answer, from its steps."""
    with localcontext(WORKING):
        parts = answer.get("segments")
        if not parts:
            return _Line(answer, answer["steps"], Decimal(answer["quantity"])).amounts()
        lines = [_Line(answer | part, part["steps"], Decimal(part["quantity"])) for part in parts]
        found = [line.amounts() for line in lines]
        for part, amounts in zip(parts, found, strict=True):
            assert agrees(part, amounts), part
        net = sum((one.net for one in found), Decimal(0))
        tax = None if answer["tax"] is None else sum((one.tax or Decimal(0) for one in found), Decimal(0))
        prices = _prices_of_parts(answer, lines, found)
        return Amounts(*prices, net, tax, None if tax is None else net + tax)


def _prices_of_parts(answer: Json, lines: list["_Line"], found: list[Amounts]) -> tuple[Decimal, Decimal | None]:
    """The unit prices of a line in parts: the average in the tax mode of the first, and from it the other."""
    whole = sum((line.quantity for line in lines), Decimal(0)) / Decimal(answer["per"])
    shares = [line.quantity / line.per / whole for line in lines]
    net_price = sum((one.net_price * share for one, share in zip(found, shares, strict=True)), Decimal(0))
    first = lines[0]
    if first.percent is None:
        return net_price, None
    if not first.with_tax:
        return net_price, _in_other_mode(net_price, first.factor, first.coin)
    grosses = [one.gross_price or one.net_price * first.factor for one in found]
    gross_price = sum((price * share for price, share in zip(grosses, shares, strict=True)), Decimal(0))
    return _in_other_mode(gross_price, 1 / first.factor, first.coin), gross_price


def own_line_amount(own: Json) -> Decimal:
    """What a charge on a line of its own comes to, in the tax mode of the price."""
    amount = WORKING.multiply(Decimal(own["price"]), Decimal(own["quantity"]))
    return _rounded(_settled(amount), Decimal("0.01"))


def agrees(said: Json, amounts: Amounts) -> bool:
    """Whether an answer's amounts are these; its unit prices within one of the ninth digit that is shown.

    A price like 7449.9999999855 is rounded up or down there, as its last steps were written down with fifty digits.
    """
    told = [said[name] for name in ("net", "tax", "gross")]
    if [None if text is None else Decimal(text) for text in told] != [amounts.net, amounts.tax, amounts.gross]:
        return False
    prices = ((said["net_price"], amounts.net_price), (said["gross_price"], amounts.gross_price))
    return all(
        (text is None) == (price is None)
        and (text is None or price is None or abs(Decimal(text) - _shown(price)) <= NINE)
        for text, price in prices
    )


def _shown(price: Decimal) -> Decimal:
    return _settled(price).quantize(NINE, ROUND_HALF_UP, WORKING)


def _settled(amount: Decimal) -> Decimal:
    return SETTLED.plus(amount)


def _in_other_mode(price: Decimal, factor: Decimal, coin: Decimal) -> Decimal:
    """The unit price of the other tax mode has the decimals of the price that it comes from."""
    if factor == 1:
        return price
    decimals = max(-int(_shown(price).normalize().as_tuple().exponent), -int(coin.as_tuple().exponent))
    return _rounded(_settled(price * factor), Decimal(1).scaleb(-min(decimals, 9)))


class _Line:
    """One line on its way through the steps."""

    def __init__(self, answer: Json, steps: list[Json], quantity: Decimal) -> None:
        self.quantity = quantity
        self.per = Decimal(answer["per"])
        self.with_tax = answer["tax_mode"] == "gross"
        self.percent = None if answer["tax_percent"] is None else Decimal(answer["tax_percent"])
        self.factor = 1 + (self.percent or Decimal(0)) / HUNDRED
        self.coin = Decimal(1).scaleb(-COINS.get(answer["currency"], 2))
        self.price = Decimal(0)
        for step in steps:
            if step["kind"] != "price":
                assert _shown(self.price) == Decimal(step["price_in"]), step
            self.price = self._after(step)
            assert _shown(self.price) == Decimal(step["price_out"]), step

    def amounts(self) -> Amounts:
        """What the line comes to at the price that is left."""
        line = _rounded(_settled(self.price * self.quantity / self.per), self.coin)
        if self.with_tax:
            net = _rounded(line / self.factor, self.coin)
            return Amounts(_in_other_mode(self.price, 1 / self.factor, self.coin), self.price, net, line - net, line)
        if self.percent is None:
            return Amounts(self.price, None, line, None, None)
        tax = _rounded(line * self.percent / HUNDRED, self.coin)
        return Amounts(self.price, _in_other_mode(self.price, self.factor, self.coin), line, tax, line + tax)

    def _after(self, step: Json) -> Decimal:
        if step["kind"] == "price":
            return self._stated_price(step)
        if step["kind"] == "limit":
            return self._limited(step)
        if step["kind"] == "rounding":
            return self._on_the_grid(step)
        return self._changed(step)

    def _stated_price(self, step: Json) -> Decimal:
        price = _stated(step)
        return self._made_for(price, step) if "reference_percent" in step else price

    def _made_for(self, price: Decimal, step: Json) -> Decimal:
        """A price that was made for another tax: by that one it changes from net to gross, or back; then by ours."""
        made_for = 1 + Decimal(step["reference_percent"]) / HUNDRED
        if step["tax_mode"] == "gross":
            return price / made_for * (self.factor if self.with_tax else 1)
        return price * made_for / (1 if self.with_tax else self.factor)

    def _changed(self, step: Json) -> Decimal:
        before = self.price
        if step["action"] in {"price", "margin"}:
            offered = _stated(step) * self.per / Decimal(step.get("per", self.per))
            made_for = "reference_percent" in step
            offered = self._made_for(offered, step) if made_for else self._in_our_mode(offered, step)
            price = max(before, offered) if step["kind"] == "charge" else min(before, offered)
        else:
            change = self._change(step)
            price = max(before + change if step["kind"] == "charge" else before - change, Decimal(0))
        if "lowest" in step and price < Decimal(step["lowest"]):
            price = min(Decimal(step["lowest"]), before)
        elif "highest" in step and price > Decimal(step["highest"]):
            price = max(Decimal(step["highest"]), before)
        if "left" in step:
            price = before - Decimal(step["left"]) * self.per / self.quantity
        return price

    def _change(self, step: Json) -> Decimal:
        if step["action"] == "percent":
            return Decimal(step.get("base", self.price)) * _value(step) / HUNDRED
        if step["action"] == "amount":
            amount = _value(step) * _to_ours(step) * self.per / Decimal(step.get("per", self.per))
            return self._in_our_mode(amount, step)
        quoted = step["indexed"]
        beyond = Decimal(quoted["value"]) - Decimal(quoted["reference"])
        change = beyond / Decimal(quoted.get("per", "1")) * Decimal(quoted["holds"]) * Decimal(quoted.get("rate", "1"))
        if "lowest" in quoted:
            change = max(change, Decimal(quoted["lowest"]))
        change *= Decimal(step.get("units", "1")) * self.per
        return change * self.factor if self.with_tax else change

    def _in_our_mode(self, amount: Decimal, step: Json) -> Decimal:
        if "tax_mode" not in step:
            return amount
        return amount / self.factor if step["tax_mode"] == "gross" else amount * self.factor

    def _limited(self, step: Json) -> Decimal:
        price = min(self.price, Decimal(step["value"])) if step["bound"] == "max" else self.price
        return max(price, Decimal(step["lowest"])) if "lowest" in step else price

    def _on_the_grid(self, step: Json) -> Decimal:
        grid = step["rounding"]
        price = _grid(self.price, grid, None)
        if "lowest" in step and price < Decimal(step["lowest"]):
            price = _grid(Decimal(step["lowest"]), grid, "up")
        if "highest" in step and price > Decimal(step["highest"]):
            price = _grid(Decimal(step["highest"]), grid, "down")
            if "lowest" in step and price < Decimal(step["lowest"]):
                return self.price
        return price


def _value(step: Json) -> Decimal:
    """A rule's value; that of a graduated scale is the average of its parts."""
    value = Decimal(step["value"])
    if "parts" in step:
        parts = [(Decimal(part["quantity"]), Decimal(part["value"])) for part in step["parts"]]
        bought = sum((quantity for quantity, _ in parts), Decimal(0))
        worked = sum((quantity * each for quantity, each in parts), Decimal(0)) / bought
        assert _settled(worked) == _settled(value), step
    return value


def _to_ours(step: Json) -> Decimal:
    """What an amount of the rule's is multiplied by: its currency and unit into those of the answer."""
    return Decimal(step.get("rate", "1")) * Decimal(step.get("units", "1"))


def _stated(step: Json) -> Decimal:
    """The price that a rule states, or makes from another."""
    formula: Json | None = step.get("formula")
    if formula is None and step["action"] != "margin":
        return _value(step) * _to_ours(step)
    base = Decimal(step["base"] if "base" in step else step["price_in"])
    if formula is None:
        part = _value(step) / HUNDRED
        return base / (1 - part) if step["basis"] in {"price", "gross"} else base * (1 + part)
    price = base * (1 + Decimal(formula.get("percent", "0")) / HUNDRED)
    price += Decimal(formula.get("amount", "0")) * _to_ours(step)
    if "rounding" in formula:
        price = _steps(price, formula["rounding"], None)
    if "min_margin" in formula:
        price = max(price, base + Decimal(formula["min_margin"]) * _to_ours(step))
    if "max_margin" in formula:
        price = min(price, base + Decimal(formula["max_margin"]) * _to_ours(step))
    return max(price, Decimal(0))


def _grid(price: Decimal, grid: Json, towards: str | None) -> Decimal:
    """A price on a list's grid; rounding never makes goods free."""
    price = _settled(price)
    if "increment" in grid:
        price = _steps(price, grid, towards)
    if "decimals" in grid:
        unit = Decimal(1).scaleb(-int(grid["decimals"]))
        rounded = price.quantize(unit, DIRECTIONS[towards or "nearest"], WORKING)
        return unit if price and not rounded else rounded
    return price


def _steps(price: Decimal, grid: Json, towards: str | None) -> Decimal:
    increment, offset = Decimal(grid["increment"]), Decimal(grid.get("offset", "0"))
    direction = DIRECTIONS[towards or grid.get("direction", "nearest")]
    result = ((price - offset) / increment).quantize(Decimal(1), direction, WORKING) * increment + offset
    if result > 0 or price <= 0:
        return max(result, Decimal(0))
    step = offset
    while step <= 0:
        step += increment
    while step - increment > 0:
        step -= increment
    return step


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP, WORKING)

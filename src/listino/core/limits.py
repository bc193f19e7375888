"""Limits and the rounding of a unit price: what bounds a price, and on which grid it ends."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from listino.core.candidates import Candidate
from listino.core.money import EXACT, HUNDRED, ONE, QUANTA, SETTLED, Rounding, rounded
from listino.core.question import Facts, Question, Running
from listino.core.rates import rate_at


@dataclass(slots=True)
class Bounds:
    """The narrowest bounds that the limits of a price have set so far; spared: what a rule may lie below."""

    low: Decimal | None = None
    high: Decimal | None = None
    spared: Decimal | None = None

    def spare(self, limit: Decimal) -> None:
        """Remember a limit that a rule may lie below."""
        self.spared = limit if self.spared is None else max(self.spared, limit)

    def lowest(self, price: Decimal) -> Decimal | None:
        """What nothing further may bring the price below: its limits, or the price where it was let below them."""
        if self.spared is None:
            return self.low
        return min(self.spared, price) if self.low is None else max(self.low, min(self.spared, price))


def cost_of(question: Question, facts: Facts) -> Decimal | None:
    """The net cost of one of the question's unit in its currency, or None where it is not known."""
    item = facts.item
    if item.cost is None:
        return None
    currency = item.cost_currency or facts.circle.base_currency
    rate = rate_at(currency, question.currency, question.at, facts.circle)
    return None if rate is None else item.cost * rate * facts.factors[question.unit]


def narrowed(bounds: Bounds, candidate: Candidate, amount: Decimal, price: Decimal) -> Decimal:
    """The price within one more limit, which is kept for the rounding after it; a minimum beats a maximum."""
    if candidate.rule.bound == "min":
        bounds.low = amount if bounds.low is None else max(bounds.low, amount)
    else:
        bounds.high = amount if bounds.high is None else min(bounds.high, amount)
        price = min(price, amount)
    return price if bounds.low is None else max(price, bounds.low)


def within_bounds(bounds: Bounds, amount: Decimal, before: Decimal) -> Decimal:
    """A changed price within the limits that were set before it; one outside them already is not moved further."""
    if bounds.low is not None and amount < bounds.low:
        return min(bounds.low, before)
    if bounds.high is not None and amount > bounds.high:
        return max(bounds.high, before)
    return amount


def rounded_as_listed(running: Running, bounds: Bounds | None) -> Decimal:
    """The unit price on its list's grid, which is that of the list's own tax mode."""
    source = running.list
    if source is None or (source.rounding is None and source.decimals is None):
        return running.amount
    rounding = source.rounding if source.tax_mode == running.tax_mode else None
    return rounded_by(rounding, source.decimals, running, bounds)


def rounded_by(rounding: Rounding | None, decimals: int | None, running: Running, bounds: Bounds | None) -> Decimal:
    """The unit price on a grid; where that breaks a limit, the next step of the grid towards it.

    Between two limits with no step of the grid between them the price stays off the grid.
    """
    price = _on_grid(running.amount, rounding, decimals, None)
    if bounds is None:
        return price
    if bounds.low is not None and price < bounds.low:
        price = _on_grid(bounds.low, rounding, decimals, "up")
    if bounds.high is not None and price > bounds.high:
        price = _on_grid(bounds.high, rounding, decimals, "down")
        if bounds.low is not None and price < bounds.low:
            return running.amount
    return price


_MODES = {None: ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}


def _on_grid(price: Decimal, rule: Rounding | None, decimals: int | None, direction: str | None) -> Decimal:
    price = SETTLED.plus(price)
    if rule is not None:
        if direction is not None:
            rule = Rounding(increment=rule.increment, offset=rule.offset, direction=direction)
        price = rounded(price, rule)
    if decimals is not None:
        quantised = price.quantize(QUANTA[decimals], _MODES[direction], EXACT)
        return quantised if quantised or not price else QUANTA[decimals]
    return price


def tax_factor(percent: Decimal | None) -> Decimal:
    """What a net amount is multiplied by to become gross."""
    return ONE if percent is None else ONE + percent / HUNDRED

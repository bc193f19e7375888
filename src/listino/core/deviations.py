"""Prices that a person should look at twice: far from what they were, below cost, 0, or outside of their limits."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from operator import attrgetter
from typing import Protocol

from listino.core.conflicts import OWN, overlap
from listino.core.findings import Amounts, Checks, Finding
from listino.core.keys import LETTER_OF
from listino.core.money import EXACT, HUNDRED, ONE, ZERO, plain
from listino.core.ready import Ready
from listino.core.rules import Formula, Rule

_CONFIRM = "If it is meant so, confirm it: ?confirm=true, or --confirm on the command line."
_CHECK = "Check that it is meant so."
# Of a limit these say what it does; whatever else it states must be so of the price too.
_OF_LIMIT = {*OWN, *LETTER_OF, "action", "bound", "basis", "sign", "currency", "unit"}
_CONDITIONS = tuple((attrgetter(one.name), one.default) for one in fields(Rule) if one.name not in _OF_LIMIT)


@dataclass(frozen=True, slots=True)
class Priced:
    """A price that is saved, beside what it takes the place of.

    Shapes:  before: the price as it was; None where there was none, or none to compare. is_new: nothing
             was there under its code, `before` is another record.
    Units:   ratio: what an amount of `before` is multiplied by to stand in the terms of `now`; cost in
             the terms of `now`: both None where they are not known. unit, currency: those of `now`.
    """

    now: Ready
    before: Ready | None
    is_new: bool
    ratio: Decimal | None
    cost: Decimal | None
    currency: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Point:
    """A price from some quantity on, as it was and as it is to be."""

    start: Decimal
    field: str
    before: Decimal | None
    after: Decimal


class OnePrice(Protocol):
    """What a price of one value says, whatever else it states."""

    @property
    def value(self) -> Decimal | None: ...
    @property
    def per(self) -> Decimal: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def list(self) -> str | None: ...
    @property
    def item(self) -> str | None: ...
    @property
    def variant(self) -> str | None: ...


_SAID = attrgetter("per", "unit", "currency", "list")


def at_a_glance(
    now: OnePrice, before: OnePrice | None, cost: Decimal | None, percent: Decimal
) -> tuple[str, ...] | None:
    """Which checks notice a price of one value on the terms that it had; None where that takes a longer look.

    Without `before` the price is new, and follows no other.
    """
    after = now.value
    if after is None or (before is not None and (before.value is None or _SAID(now) != _SAID(before))):
        return None
    was = before.value if before is not None else None
    if after == was:
        return ()
    if not after:
        return ("zero_price",)
    far = was is not None and abs(after - was) * HUNDRED > percent * was
    cheap = cost is not None and after < cost
    return (("price_change",) if far else ()) + (("below_cost",) if cheap else ())


def deviations(priced: Priced, checks: Checks) -> Iterator[Finding]:
    """What is to be said of a price that is new or changes: of each kind the worst."""
    formula = priced.now.rule.formula
    if formula is not None:
        yield from _of_formula(priced, formula, checks)
        return
    points = [point for point in _points(priced) if point.before != point.after]
    zero = [point for point in points if not point.after]
    far = [point for point in points if point.after and _is_far(point, checks.price_change_percent)]
    cheap = [point for point in points if priced.cost is not None and ZERO < point.after < priced.cost]
    if zero:
        yield _finding("zero_price", priced, zero[0], _moved(zero[0]) if zero[0].before else "is 0")
    if far:
        worst = max(far, key=_distance)
        yield _finding("price_change", priced, worst, _moved(worst))
    if cheap:
        yield _finding(
            "below_cost",
            priced,
            (least := min(cheap, key=attrgetter("after"))),
            f"is below the cost: {plain(least.after)}",
        )


def _points(priced: Priced) -> list[_Point]:
    now, before = priced.now, priced.before
    starts = {start for ready in (now, before) if ready is not None for start, _ in ready.tiers} or {ZERO}
    points: list[_Point] = []
    for start in sorted(starts):
        index, after = _value(now, start)
        if after is None:
            continue
        was = _value(before, start)[1] if before is not None and priced.ratio is not None else None
        was = EXACT.multiply(was, priced.ratio) if was is not None and priced.ratio is not None else None
        points.append(_Point(start, "value" if index is None else f"scale.tiers[{index}].value", was, after))
    return points


def _value(ready: Ready, quantity: Decimal) -> tuple[int | None, Decimal | None]:
    """In which tier a quantity is, and the value there."""
    if not ready.tiers:
        return None, ready.value
    reached = [index for index, (start, _) in enumerate(ready.tiers) if start <= quantity]
    return (reached[-1], ready.tiers[reached[-1]][1]) if reached else (None, None)


def _is_far(point: _Point, percent: Decimal) -> bool:
    if point.before is None:
        return False
    return abs(point.after - point.before) * HUNDRED > percent * point.before


def _distance(point: _Point) -> Decimal:
    """How far a price moves; from 0 to anything is the farthest."""
    before = point.before or ZERO
    return EXACT.divide(abs(point.after - before), before) if before else Decimal("Infinity")


def _moved(point: _Point) -> str:
    before = point.before or ZERO
    if not before:
        return f"goes from 0 to {plain(point.after)}"
    percent = EXACT.divide(abs(point.after - before) * HUNDRED, before).quantize(Decimal("0.1"), context=EXACT)
    way = "up" if point.after > before else "down"
    return f"goes {way} by {plain(percent)} %, from {plain(before)} to {plain(point.after)}"


def _finding(check: str, priced: Priced, point: _Point, what: str) -> Finding:
    rule, before = priced.now.rule, priced.before.rule if priced.before is not None else None
    followed = before if priced.is_new else None
    open_text = f"The price of rule {rule.code!r} {what}{_per(priced, point)}."
    text = f"{open_text} The cost is {plain(priced.cost)}." if check == "below_cost" and priced.cost else open_text
    if followed is not None:
        text, open_text = (f"{said} It follows rule {followed.code!r}." for said in (text, open_text))
    amounts = Amounts(point.before, point.after, priced.cost, priced.currency, rule.per, priced.unit)
    return Finding(
        check, ("rules", rule.code), point.field, text, _remedy(priced),
        ("rules", followed.code) if followed is not None else None, amounts, priced.is_new,
        open_text if text != open_text else None,
    )  # fmt: skip


def _remedy(priced: Priced) -> str:
    """What is new changes nothing that could be confirmed."""
    return _CHECK if priced.is_new else _CONFIRM


def _per(priced: Priced, point: _Point) -> str:
    per = priced.now.rule.per
    count = "" if per == ONE else f"{plain(per)} "
    tier = f" (from {plain(point.start)} on)" if point.start else ""
    return f" {priced.currency} per {count}{priced.unit}{tier}"


def _of_formula(priced: Priced, formula: Formula, checks: Checks) -> Iterator[Finding]:
    """A formula of the same source that adds another percentage; what else changes in it is not compared."""
    rule, old = priced.now.rule, priced.before.rule if priced.before is not None else None
    kept_above = formula.min_margin is not None and formula.min_margin >= 0
    below = formula.basis == "cost" and formula.percent < 0 and formula.amount <= 0 and not kept_above
    if below and (old is None or old.formula != formula):
        text = f"Rule {rule.code!r} makes prices {plain(-formula.percent)} % below the cost."
        yield Finding(
            "below_cost", ("rules", rule.code), "formula.percent", text, _remedy(priced), is_new=priced.is_new
        )
    if old is None or old.formula is None or formula.amount or replace(old.formula, percent=formula.percent) != formula:
        return
    before, after = HUNDRED + old.formula.percent, HUNDRED + formula.percent
    if abs(after - before) * HUNDRED > checks.price_change_percent * abs(before):
        text = (
            f"The formula of rule {rule.code!r} adds {plain(formula.percent)} %, where {old.code!r} added "
            f"{plain(old.formula.percent)} %."
        )
        yield Finding(
            "price_change", ("rules", rule.code), "formula.percent", text, _remedy(priced),
            ("rules", old.code) if priced.is_new else None, is_new=priced.is_new,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limited:
    """A limit and a price that it holds for, of which one is saved.

    Units:   ratio: what an amount of the limit is multiplied by to stand in the terms of the price; cost
             in these terms: None where they are not known.
    """

    limit: Ready
    price: Ready
    saved: Rule
    ratio: Decimal | None
    cost: Decimal | None


def holds_for(limit: Rule, price: Rule) -> bool:
    """Whether a limit always holds where a price of its scope, or of a narrower one, does."""
    if limit.action != "limit" or price.action != "price" or price.below_limit or not overlap(limit, price):
        return False
    return all((said := of(limit)) == default or said == of(price) for of, default in _CONDITIONS)


def forbidden(limited: Limited) -> Iterator[Finding]:
    """A price that its own limit never lets be, at the first quantity where that is so."""
    limit, price = limited.limit.rule, limited.price.rule
    if limit.scale is not None and limit.unit != price.unit:
        return
    starts = {start for ready in (limited.limit, limited.price) for start, _ in ready.tiers} or {ZERO}
    for start in sorted(starts):
        bound, amount = _value(limited.limit, start)[1], _value(limited.price, start)[1]
        edge = _edge(limited, bound, amount) if bound is not None and amount is not None else None
        if edge is None or amount is None or (edge <= amount if limit.bound == "min" else amount <= edge):
            continue
        other = price if limited.saved is limit else limit
        beyond = "below" if limit.bound == "min" else "above"
        text = f"The price of rule {price.code!r}, {plain(amount)}, is {beyond} "
        yield Finding(
            "limit_forbids", ("rules", limited.saved.code), "value",
            f"{text}what limit {limit.code!r} lets be, {plain(edge)}: it is never charged.",
            "Correct the limit or the price.", ("rules", other.code), open_text=f"{text}what a limit lets be.",
        )  # fmt: skip
        return


def _edge(limited: Limited, bound: Decimal, amount: Decimal) -> Decimal | None:
    """The lowest or highest price that a limit lets be, in the terms of the price."""
    basis = limited.limit.rule.basis
    if basis is None:
        return EXACT.multiply(bound, limited.ratio) if limited.ratio is not None else None
    base = {"cost": limited.cost, "price": amount, "running": amount}.get(basis)
    return EXACT.divide(EXACT.multiply(base, bound), HUNDRED) if base is not None else None

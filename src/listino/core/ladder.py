"""Quantity breaks: the prices of all breaks of a line, and the next one."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice

from listino.core.candidates import StepCandidates
from listino.core.money import EXACT, NINE_PLACES, ONE, ZERO
from listino.core.question import Facts, Price, Question, UnitPrice
from listino.core.resolve import resolve, unit_price

# A line meets at most this many breaks: those of all its rules together.
BREAKS_MAX = 1000
# Units of measure (UN/ECE Rec 20) of which a fraction can be bought; all others are counted from 1.
MEASURED_UNITS = frozenset(
    "MTR CMT MMT KMT DMT MTK CMK HAR MTQ CMQ DMQ LTR MLT CLT DLT HLT KGM GRM MGM TNE HGM DTN HUR MIN DAY KWH".split()
)
# How far the next break is looked for before one changes the price.
NEXT_BREAKS_TRIED_MAX = 20


def starts_of(steps: Iterable[StepCandidates], item_unit: str, factors: dict[str, Decimal]) -> tuple[Decimal, ...]:
    """Every quantity from which some rule in reach has another value, ascending, in the item's own unit."""
    starts: set[Decimal] = set()
    for step in steps:
        for candidate in step.live:
            tiers = candidate.ready.tiers
            factor = factors.get(candidate.rule.unit or item_unit) if tiers else None
            if factor is not None:
                starts.update([EXACT.multiply(start, factor) for start, _ in tiers])
    return tuple(sorted(starts))[:BREAKS_MAX]


def ladder(question: Question, facts: Facts) -> tuple[tuple[Decimal, UnitPrice], ...]:
    """The price from each quantity on at which it changes: what asking each quantity would answer.

    Units:   quantities in question.unit, ascending; a break "above 5" stands as 5.000000001.
    """
    rows: list[tuple[Decimal, UnitPrice]] = []
    last: UnitPrice | None = None
    first = NINE_PLACES if question.unit in MEASURED_UNITS else ONE
    for start in (first, *_asked(question, facts, first)):
        price = unit_price(_at(question, start), facts)
        if price is not None and price != last:
            rows.append((ZERO if start == NINE_PLACES else start, price))
        last = price
    return tuple(rows)


def ladder_holds_until(question: Question, facts: Facts) -> datetime | None:
    """The first instant at which a price of the ladder, or a break of it, could change; None for never."""
    if not facts.timed:
        return None
    first = NINE_PLACES if question.unit in MEASURED_UNITS else ONE
    changes = [
        resolve(_at(question, start), facts).next_change_at for start in (first, *_asked(question, facts, first))
    ]
    return min([at for at in changes if at is not None], default=None)


def next_break(question: Question, facts: Facts, price: Price) -> tuple[Decimal, UnitPrice] | None:
    """The next larger quantity at which the unit price changes, and the price there."""
    for start in islice(_asked(question, facts, question.quantity), NEXT_BREAKS_TRIED_MAX):
        following = unit_price(_at(question, start), facts)
        if following is not None and (following.net_price != price.net_price or following.per != price.per):
            return start, following
    return None


def _at(question: Question, quantity: Decimal) -> Question:
    """The same question for another quantity, without explanation."""
    return Question(
        question.item, question.customer, quantity, question.unit, question.currency, question.at, question.channel,
        question.order_type, "none", question.manual, question.delivery_at, question.totals, question.usage,
    )  # fmt: skip


def _asked(question: Question, facts: Facts, above: Decimal) -> Iterator[Decimal]:
    """The breaks above a quantity, in the question's unit, rounded up to what a quantity can be."""
    factor = facts.factors[question.unit]
    for start in facts.starts[bisect_right(facts.starts, EXACT.multiply(above, factor)) :]:
        exact = start if factor == ONE else EXACT.divide(start, factor)
        quantity = exact.quantize(NINE_PLACES, context=EXACT)
        if quantity == exact:
            yield exact
        else:
            yield quantity if EXACT.multiply(quantity, factor) >= start else EXACT.add(quantity, NINE_PLACES)

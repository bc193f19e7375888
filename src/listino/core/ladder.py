"""Quantity breaks: the prices of all breaks of a line, and the next one."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, getcontext, setcontext

from listino.core.candidates import StepCandidates
from listino.core.money import EXACT, NINE_PLACES, ONE, ZERO
from listino.core.question import Facts, Price, Question
from listino.core.resolve import resolve

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


def ladder(question: Question, facts: Facts) -> tuple[tuple[Decimal, Price], ...]:
    """The price from each quantity on at which it changes: what asking each quantity would answer.

    Units:   quantities in question.unit, ascending; a break "above 5" stands as 5.000000001.
    """
    rows: list[tuple[Decimal, Price]] = []
    last: tuple[Decimal, Decimal] | None = None
    first = NINE_PLACES if question.unit in MEASURED_UNITS else ONE
    for start in (first, *_asked(question, facts, first)):
        answer = resolve(replace(question, quantity=start, explain="none"), facts)
        if not isinstance(answer, Price):
            last = None
            continue
        now = (answer.net_price, answer.per)
        if now != last:
            rows.append((ZERO if start == NINE_PLACES else start, answer))
            last = now
    return tuple(rows)


def next_break(question: Question, facts: Facts, price: Price) -> tuple[Decimal, Price] | None:
    """The next larger quantity at which the unit price changes, and the price there."""
    if not facts.starts:
        return None
    for start in _asked(question, facts, question.quantity)[:NEXT_BREAKS_TRIED_MAX]:
        answer = resolve(replace(question, quantity=start, explain="none"), facts)
        if isinstance(answer, Price) and (answer.net_price, answer.per) != (price.net_price, price.per):
            return start, answer
    return None


def _asked(question: Question, facts: Facts, above: Decimal = ZERO) -> tuple[Decimal, ...]:
    """The breaks above a quantity, in the question's unit, rounded up to what a quantity can be."""
    factor = facts.factors[question.unit]
    context = getcontext()
    setcontext(EXACT)
    try:
        starts = facts.starts[bisect_right(facts.starts, above * factor) :]
        asked = []
        for start in starts:
            exact = start / factor
            quantity = exact.quantize(NINE_PLACES)
            if quantity == exact:
                asked.append(exact)
            else:
                asked.append(quantity if quantity * factor >= start else quantity + NINE_PLACES)
        return tuple(asked)
    finally:
        setcontext(context)

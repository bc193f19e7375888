"""Quantity breaks: the prices of all breaks of a line, and the next one."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import islice

from listino.core.breaks import period_starts
from listino.core.money import EXACT, NINE_PLACES, ONE, ZERO
from listino.core.question import Facts, Price, Question, UnitPrice
from listino.core.rates import rate_at
from listino.core.resolve import resolve, unit_price
from listino.core.scales import MEASURED_UNITS
from listino.core.usage import contract_subject, used

# How far the next break is looked for before one changes the price.
NEXT_BREAKS_TRIED_MAX = 20


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
    every = facts.starts
    if facts.contracts:
        every = tuple(sorted({*every, *period_starts(facts, question)}))
    starts = every[bisect_right(every, EXACT.multiply(above, factor)) :]
    asked = (_quantity(start, factor) for start in starts)
    return _with_amounts(question, facts, above, tuple(asked)) if facts.amounts else asked


def _quantity(start: Decimal, factor: Decimal) -> Decimal:
    exact = start if factor == ONE else EXACT.divide(start, factor)
    quantity = exact.quantize(NINE_PLACES, context=EXACT)
    if quantity == exact:
        return exact
    return quantity if EXACT.multiply(quantity, factor) >= start else EXACT.add(quantity, NINE_PLACES)


def _with_amounts(question: Question, facts: Facts, above: Decimal, starts: tuple[Decimal, ...]) -> Iterator[Decimal]:
    """The breaks with those at which the line's amount before discounts reaches a bound.

    Between two breaks by quantity the price before discounts is one, so the amount grows evenly.
    """
    found = set(starts)
    for index, start in enumerate((above, *starts)):
        at_start = _at(question, start)
        resolve(at_start, facts)
        following = starts[index] if index < len(starts) else None
        for amount, currency, is_gross, contract in facts.amounts:
            line = at_start.gross_amount if is_gross else at_start.amount
            rate = rate_at(currency, question.currency, question.at, facts.circle)
            if not line or rate is None:
                continue
            if contract is not None:
                amount -= used(question, contract_subject(contract, "amount"))
            exact = EXACT.divide(EXACT.multiply(EXACT.multiply(amount, rate), start), line)
            reached = exact.quantize(NINE_PLACES, ROUND_CEILING, EXACT)
            if question.unit not in MEASURED_UNITS:
                reached = max(reached.quantize(ONE, ROUND_CEILING, EXACT), ONE)
            if reached > start and (following is None or reached < following):
                found.add(reached)
    return iter(sorted(found))

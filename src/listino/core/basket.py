"""The prices of many lines together: what is measured over all of them, offers, order discounts, charges, tax."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, getcontext, setcontext

from listino.core.basket_answer import Resolved, answered
from listino.core.basket_changes import next_basket_change_at
from listino.core.basket_question import BasketLine as BasketLine
from listino.core.basket_question import BasketPrice as BasketPrice
from listino.core.basket_question import BasketQuestion as BasketQuestion
from listino.core.basket_steps import BasketWork
from listino.core.changes import first_after
from listino.core.effects import Till
from listino.core.gifts import gifts_wanted as gifts_wanted
from listino.core.measures import own_quantity
from listino.core.money import EXACT, QUANTA, ZERO, minor_digits
from listino.core.pieces import pieces_of
from listino.core.question import NoPrice, Price
from listino.core.rates import rate_at
from listino.core.reservations import Reservation, measures_taken, reserved_of_contract, reserved_of_rules
from listino.core.resolve import resolve
from listino.core.totals import asked, line_totals
from listino.core.usage import in_this_order


def priced_basket(basket: BasketQuestion) -> BasketPrice:
    """What lines cost that are bought together, and the rules of the basket that led to it.

    Shapes:  lines in any order: they are answered in it, and it changes no amount.
    Errors:  none: that a line has no price is an answer; the others are priced without it.
    Source:  docs/decisions/0010-baskets.md; EN 16931 BR-CO-10..17.
    """
    context = getcontext()
    setcontext(EXACT)
    try:
        resolved = _resolved(basket)
        priced = [(line, price) for line, price in resolved if isinstance(price, Price)]
        bought = [price for _, price in priced if price.quantity > 0]
        gross = bool(bought) and all(price.tax_mode == "gross" for price in bought)
        digits = minor_digits(basket.currency)
        money_mode = next((line.facts.circle.money_mode for line, _ in resolved), ROUND_HALF_UP)
        till = Till(digits, QUANTA[digits], gross, money_mode)
        pieces = pieces_of(priced, till.coin, gross)
        work = BasketWork(basket, [line for line, _ in resolved], pieces, _usage_before(basket), till)
        work.carry_out()
        price = answered(work, resolved)
        price.next_change_at = _next_change_at(work, resolved)
        return price
    finally:
        setcontext(context)


def _next_change_at(work: BasketWork, resolved: list[Resolved]) -> datetime | None:
    """When a basket could come to something else by time; lines that depend on each other all change then."""
    facts = [line.facts for line in (*(line for line, _ in resolved), *work.basket.gifts.values())]
    if not any(one.timed for one in facts):
        return None
    together = any(step.live for line, _ in resolved for step in line.facts.steps if step.plan.kind == "basket")
    if not together and not any(line.question.totals is not None or line.facts.counted for line, _ in resolved):
        return first_after(work.basket.at, (price.next_change_at for _, price in resolved))
    change_at = next_basket_change_at(resolved, work.changes)
    for _, price in resolved:
        price.next_change_at = change_at
    return change_at


def _usage_before(basket: BasketQuestion) -> dict[str, Decimal]:
    """What was used up before this order, as the basket or its lines say."""
    usage: dict[str, Decimal] = {}
    for line in basket.lines:
        usage |= line.question.usage or {}
    return usage | dict(basket.usage)


def _resolved(basket: BasketQuestion) -> list[Resolved]:
    """Each line by itself, with what is measured over all; what turns out to have no price is not measured."""
    measured = line_totals(basket.lines)
    if measured is None:
        return _each(basket, None)
    found = _each(basket, measured.totals)
    unpriced = frozenset(line.id for line, price in found if isinstance(price, NoPrice))
    if unpriced.isdisjoint(measured.ids):
        return found
    without = line_totals(basket.lines, unpriced)
    return found if without is None else _each(basket, without.totals)


def _each(basket: BasketQuestion, totals: Mapping[str, Decimal | None] | None) -> list[Resolved]:
    """Each line resolved; what one uses up is gone for those after it."""
    if not any(line.facts.counted for line in basket.lines):
        found: list[Resolved] = []
        for line in basket.lines:
            if totals is not None or line.facts.measured or line.facts.circle.moded:
                line = BasketLine(line.id, asked(line, totals), line.facts)
            found.append((line, resolve(line.question, line.facts)))
        return found
    usage = _usage_before(basket)
    by_id: dict[str, Resolved] = {}
    for line in sorted(basket.lines, key=lambda line: (line.question.item, line.id)):
        line = BasketLine(line.id, asked(line, totals, dict(usage)), line.facts)
        price = resolve(line.question, line.facts)
        by_id[line.id] = (line, price)
        if isinstance(price, Price):
            for subject, amount in measures_taken(_reserved(line, price)):
                for used in (subject, in_this_order(subject)):
                    usage[used] = usage.get(used, ZERO) + amount
    return [by_id[line.id] for line in basket.lines]


def _reserved(line: BasketLine, price: Price) -> list[Reservation]:
    """What a line takes of caps and of the contracts that rules in reach count by."""
    question, facts = line.question, line.facts
    if price.quantity < 0:
        return []
    found = reserved_of_rules([(price, facts)], question.customer, question.at)
    for code, contract in facts.contracts.items():
        quantity, weight = own_quantity(line), facts.item.weight
        currency = contract.currency or facts.circle.base_currency
        rate = rate_at(question.currency, currency, question.at, facts.circle)
        amount = None if rate is None else price.net * rate
        found.append(reserved_of_contract(code, quantity, amount, None if weight is None else weight * quantity))
    return found

"""From a finished resolution to its answer: amounts, tax, own lines, the parts of a split line."""

from datetime import datetime
from decimal import Decimal

from listino.core.candidates import Candidate, Circle
from listino.core.changes import next_change_at
from listino.core.facts import Tax
from listino.core.limits import tax_factor
from listino.core.money import (
    EXACT,
    FRACTION_DIGITS_MAX,
    HUNDRED,
    NINE_PLACES,
    ONE,
    QUANTA,
    SETTLED,
    ZERO,
    minor_digits,
)
from listino.core.question import NoPrice, OwnCharge, Price, Question, Running, UnitPrice
from listino.core.rules import Rule
from listino.core.work import Work
from listino.core.worth import Unpriced, tax_at


def shown(work: Work, running: Running) -> UnitPrice:
    """The unit price net and gross: the one that was worked out, and the other for show."""
    currency, worth = work.question.currency, work.pick.worth
    amount, factor, digits = running.amount, worth.tax_factor, minor_digits(currency)
    net, gross = amount, None
    if running.tax_mode == "gross":
        net, gross = _in_other_mode(amount, ONE / factor, digits), amount
    elif worth.tax is not None:
        gross = _in_other_mode(amount, factor, digits)
    return UnitPrice(net, gross, running.per, currency)


def answered(work: Work) -> Price:
    """The answer, once all steps are carried out.

    Errors:  Unpriced where no step found a price.
    """
    running, question, worth = work.running, work.question, work.pick.worth
    if running is None:
        raise Unpriced("no_price")
    tax, digits = worth.tax, minor_digits(question.currency)
    coin = QUANTA[digits]
    line = SETTLED.plus(running.amount * question.quantity / running.per).quantize(coin, work.facts.circle.money_mode)
    list_price = running.first
    tax_amount: Decimal | None = None
    gross: Decimal | None = None
    if running.tax_mode == "gross":
        gross, net = line, (line / worth.tax_factor).quantize(coin)
        tax_amount = gross - net
        list_price = _in_other_mode(running.first, ONE / worth.tax_factor, digits)
    else:
        net = line
        if tax is not None:
            tax_amount = (net * tax.percent / HUNDRED).quantize(coin)
            gross = net + tax_amount
    unit = shown(work, running)
    own_lines = tuple([_own_line(work, *own) for own in work.own_lines]) if work.own_lines else ()
    return Price(
        question.item, question.customer, question.quantity, question.unit, running.per, question.currency,
        unit.net_price, unit.gross_price, list_price, net, tax_amount, gross, tax, running.list, work.steps,
        work.skipped or [], _next_change_at(work), work.final is not None, own_lines, (), work.flags,
        running.tax_mode, work.bounds.lowest(running.amount) if work.bounds is not None else None, running.first,
        work.operands, work.bounds.high if work.bounds is not None else None,
    )  # fmt: skip


def unpriced(work: Work, reason: str) -> NoPrice:
    """The answer that there is no price."""
    question = work.question
    return NoPrice(
        question.item, question.customer, question.quantity, question.unit, question.currency, reason, work.steps,
        work.skipped or [], _next_change_at(work),
    )  # fmt: skip


def _next_change_at(work: Work) -> datetime | None:
    return next_change_at(work.question, work.facts, work.pick.carried_out) if work.facts.timed else None


def _own_line(work: Work, candidate: Candidate, change: Decimal) -> OwnCharge:
    """A charge beside the line: per unit or once for the line, with a tax of its own where it names a class."""
    running, question, rule = work.running, work.question, candidate.rule
    if running is None or rule.own_line is None:
        raise Unpriced("no_price")
    price, quantity = change / running.per, question.quantity
    if rule.own_line.per != "unit":
        price, quantity = price * abs(quantity), ONE.copy_sign(quantity)
    tax = work.pick.worth.tax
    if rule.own_line.tax_class is not None:
        tax = tax_at(work.facts.own_taxes.get(rule.own_line.tax_class, ()), question)
    return _charged(rule, quantity, price, (tax, running.tax_mode, work.facts.circle))


def _charged(rule: Rule, quantity: Decimal, price: Decimal, terms: tuple[Tax | None, str, Circle]) -> OwnCharge:
    """What a charge of a price each comes to, with its tax."""
    tax, mode, circle = terms
    coin = QUANTA[minor_digits(circle.currency)]
    amount = SETTLED.plus(price * quantity).quantize(coin, circle.money_mode)
    if tax is None:
        return OwnCharge(rule, quantity, price, amount, None, None, None)
    if mode == "gross":
        net = (amount / tax_factor(tax.percent)).quantize(coin)
        return OwnCharge(rule, quantity, price, net, amount - net, amount, tax)
    tax_amount = (amount * tax.percent / HUNDRED).quantize(coin)
    return OwnCharge(rule, quantity, price, amount, tax_amount, amount + tax_amount, tax)


def _own_lines_of(parted: tuple[Price, ...], circle: Circle) -> tuple[OwnCharge, ...]:
    """The charges beside a split line as if it were whole: those per line once, those per unit for all units."""
    by_rule: dict[tuple[str, str], list[OwnCharge]] = {}
    for part in parted:
        for own in part.own_lines:
            by_rule.setdefault((own.rule.code, part.tax_mode), []).append(own)
    return tuple(whole for (_, mode), charges in by_rule.items() for whole in _joined(charges, mode, circle))


def _joined(charges: list[OwnCharge], mode: str, circle: Circle) -> list[OwnCharge]:
    first = charges[0]
    own_line = first.rule.own_line
    if own_line is None or own_line.per == "line":
        if first.rule.action == "amount":
            return [first]
        quantity, price = first.quantity, sum((own.price for own in charges), ZERO)
    elif any(own.price != first.price for own in charges):
        return charges
    else:
        quantity, price = sum((own.quantity for own in charges), ZERO), first.price
    return [_charged(first.rule, quantity, price, (first.tax_fact, mode, circle))]


def in_segments(question: Question, parts: tuple[Price, ...], circle: Circle) -> Price:
    """One answer for a line in parts: amounts added up, the unit price their average."""
    first, digits = parts[0], minor_digits(question.currency)
    parted = tuple(segment for part in parts for segment in (part.segments or (part,)))
    per = first.per
    listed = _average([(part.list_price / part.per, part.quantity) for part in parted]) * per
    net_price = _average([(part.net_price / part.per, part.quantity) for part in parted]) * per
    gross_price: Decimal | None = None
    if first.tax_fact is not None:
        factor = tax_factor(first.tax_fact.percent)
        grosses = [(part.gross_price or part.net_price * factor, part.per, part.quantity) for part in parted]
        if first.tax_mode == "gross":
            gross_price = _average([(price / each, quantity) for price, each, quantity in grosses]) * per
            net_price = _in_other_mode(gross_price, ONE / factor, digits)
        else:
            gross_price = _in_other_mode(net_price, factor, digits)
    changes = [part.next_change_at for part in parted if part.next_change_at is not None]
    coin = QUANTA[digits]
    net = sum((part.net for part in parted), coin * 0)
    tax = sum((part.tax or coin * 0 for part in parted), coin * 0) if first.tax is not None else None
    return Price(
        question.item, question.customer, question.quantity, question.unit, per, question.currency, net_price,
        gross_price, listed, net, tax, None if tax is None else net + tax, first.tax_fact, first.price_list,
        first.steps, first.not_applied, min(changes, default=None), any(part.final for part in parted),
        _own_lines_of(parted, circle), parted, first.flags, first.tax_mode, None, None, first.operands,
    )  # fmt: skip


def _average(prices: list[tuple[Decimal, Decimal]]) -> Decimal:
    total = sum((price * quantity for price, quantity in prices), ZERO)
    return EXACT.divide(total, sum((quantity for _, quantity in prices), ZERO))


def _in_other_mode(price: Decimal, factor: Decimal, digits: int) -> Decimal:
    """A unit price in the other tax mode, for show: with as many decimals as it needs itself."""
    if factor == ONE:
        return price
    if price != price.quantize(QUANTA[digits]):
        exponent = price.quantize(NINE_PLACES).normalize().as_tuple().exponent
        own_digits = -exponent if isinstance(exponent, int) else 0
        digits = min(max(digits, own_digits), FRACTION_DIGITS_MAX)
    return SETTLED.plus(price * factor).quantize(QUANTA[digits])

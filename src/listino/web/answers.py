"""A price as it is answered: decimals as text, steps by name, and only what the caller may see."""

from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from listino.core.explain import is_above, no_price_text, text_in, why_not
from listino.core.limits import tax_factor
from listino.core.money import EXACT, NINE_PLACES, QUANTA, minor_digits, percent_between, plain, to_minor
from listino.core.prior import NoPrior, Prior
from listino.core.question import NoPrice, Price, UnitPrice
from listino.core.told import Told as LiveTold
from listino.flows.price import Answered, Snapshot
from listino.web.messages import BreakLine, NotAppliedLine, PriceAnswer
from listino.web.parts import own_line, segment
from listino.web.workings import Told, step_lines

encode = msgspec.json.Encoder().encode


def instant_text(at: datetime) -> str:
    """An instant as RFC 3339 text in UTC."""
    text = at.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def price_answer(answered: Answered, explain: str, language: str | None, *, full: bool) -> PriceAnswer:
    """The answer to one line. `full` shows costs and limits; without, their figures are left out."""
    outcome = answered.price
    told = Told(answered.question, answered.facts, language, full) if explain != "none" else None
    if isinstance(outcome, NoPrice):
        return _no_price(outcome, answered, explain, told)
    price, digits = outcome, minor_digits(outcome.currency)
    tax = price.tax_fact
    answer = PriceAnswer(
        outcome="price",
        item=price.item,
        customer=price.customer,
        quantity=plain(price.quantity),
        unit=price.unit,
        currency=price.currency,
        per=plain(price.per),
        net_price=plain(price.net_price, digits),
        gross_price=None if price.gross_price is None else plain(price.gross_price, digits),
        list_price=plain(price.list_price, digits),
        net=str(price.net),
        tax=None if price.tax is None else str(price.tax),
        gross=None if price.gross is None else str(price.gross),
        tax_percent=None if tax is None else plain(tax.percent),
        tax_mode=price.tax_mode,
        price_list=None if price.price_list is None else price.price_list.code,
        next_change_at=None if price.next_change_at is None else instant_text(price.next_change_at),
    )
    if price.net_price < price.list_price:
        _add_discount(answer, price, digits)
    if tax is not None:
        answer.tax_category = tax.category
        if tax.reason is not None:
            answer.tax_reason = tax.reason
    if price.price_list is not None and price.price_list.visibility != "shown":
        answer.visibility = price.price_list.visibility
    if price.own_lines or price.flags or price.segments:
        _add_parts(answer, price, told, language)
    if told is not None:
        answer.steps = step_lines(price, told)
    if explain == "all":
        answer.not_applied = _not_applied(price.not_applied, language)
    if answered.facts.item.reference is not None:
        _add_reference(answer, answered, price)
    if answered.prior is not None or answered.told is not None:
        _add_sources(answer, answered, digits)
    if answered.next_break is not None:
        answer.next_break = break_line(*answered.next_break, digits)
    if answered.ladder is not None:
        answer.ladder = [break_line(start, rung, digits) for start, rung in answered.ladder]
    return answer


def _add_sources(answer: PriceAnswer, answered: Answered, digits: int) -> None:
    """What the price was before, and who says so."""
    if answered.prior is not None:
        _add_prior(answer, answered.prior, digits)
    if answered.told is not None:
        _add_told(answer, answered.told)


def _add_told(answer: PriceAnswer, told: LiveTold) -> None:
    """Who says so, where the ERP is asked live: it now, a moment ago, before, or we."""
    answer.price_source = told.source
    answer.price_as_of = None if told.as_of is None else instant_text(told.as_of)
    if told.holds_until is not None:
        answer.next_change_at = instant_text(told.holds_until)


def _add_parts(answer: PriceAnswer, price: Price, told: Told | None, language: str | None) -> None:
    """What stands beside the line, within it, and what could not be checked."""
    if price.own_lines:
        answer.own_lines = [own_line(own, language, minor_digits(price.currency)) for own in price.own_lines]
    if price.flags:
        answer.flags = list(price.flags)
    if price.segments:
        answer.segments = [segment(part, [] if told is None else step_lines(part, told)) for part in price.segments]


def _no_price(outcome: NoPrice, answered: Answered, explain: str, told: Told | None) -> PriceAnswer:
    answer = PriceAnswer(
        outcome="no_price",
        item=outcome.item,
        customer=outcome.customer,
        quantity=plain(outcome.quantity),
        unit=outcome.unit,
        currency=outcome.currency,
        reason=outcome.reason,
        text=no_price_text(outcome.reason),
        next_change_at=None if outcome.next_change_at is None else instant_text(outcome.next_change_at),
    )
    if told is not None:
        answer.steps = step_lines(outcome, told)
        if explain == "all":
            answer.not_applied = _not_applied(outcome.not_applied, told.language)
    if answered.ladder is not None:  # Larger quantities may have a price.
        digits = minor_digits(outcome.currency)
        answer.ladder = [break_line(start, rung, digits) for start, rung in answered.ladder]
    if answered.told is not None:
        _add_told(answer, answered.told)
    return answer


def _not_applied(skipped: list[tuple[Any, ...]], language: str | None) -> list[NotAppliedLine]:
    return [not_applied_line(entry, language) for entry in skipped]


def not_applied_line(entry: tuple[Any, ...], language: str | None) -> NotAppliedLine:
    """A rule that did not apply, with why."""
    step, rule, reason, detail = entry
    return NotAppliedLine(step, rule.code, text_in(rule.label, language), reason, why_not(rule, reason, detail))


def break_line(start: Decimal, price: UnitPrice, digits: int) -> BreakLine:
    """A quantity break as it is answered."""
    gross = None if price.gross_price is None else plain(price.gross_price, digits)
    line = BreakLine(plain(price.net_price, digits), gross, plain(price.per))
    if is_above(start):
        line.above = plain(start - NINE_PLACES)
    else:
        line.from_ = plain(start)
    return line


def _add_discount(answer: PriceAnswer, price: Price, digits: int) -> None:
    """What is off the list price: labels, as the rounded prices are what counts."""
    off = EXACT.subtract(price.list_price, price.net_price)
    whole = EXACT.divide(EXACT.multiply(price.list_price, price.quantity), price.per)
    percent = percent_between(price.list_price, price.net_price)
    answer.discount_price = plain(off, digits)
    answer.discount_percent = "0" if percent is None else plain(-percent)
    answer.discount = str(EXACT.subtract(to_minor(whole, price.currency), price.net))
    if price.tax_fact is not None:
        gross = EXACT.multiply(price.list_price, tax_factor(price.tax_fact.percent))
        answer.list_gross_price = _shown(gross, digits)


def _add_reference(answer: PriceAnswer, answered: Answered, price: Price) -> None:
    """The price per kilogram or litre, for show: rounded to the minor unit."""
    item = answered.facts.item
    if item.reference is None:
        return
    measure = EXACT.multiply(item.reference.factor, EXACT.multiply(answered.facts.factors[price.unit], price.per))
    digits = minor_digits(price.currency)
    net = EXACT.divide(price.net_price, measure)
    answer.reference_unit = item.reference.unit
    answer.reference_net_price = _shown(net, digits)
    if price.gross_price is not None and price.tax_fact is not None:
        answer.reference_gross_price = _shown(EXACT.multiply(net, tax_factor(price.tax_fact.percent)), digits)


def _add_prior(answer: PriceAnswer, prior: Prior | NoPrior, digits: int) -> None:
    """The prior price of a shown reduction and the percentage from it; or why there is none."""
    if isinstance(prior, NoPrior):
        answer.prior_price_missing = prior.reason
        return
    gross = prior.price.gross_price
    answer.prior_net_price = plain(prior.price.net_price, digits)
    answer.prior_gross_price = None if gross is None else plain(gross, digits)
    answer.prior_price_since = instant_text(prior.since)
    answer.reduced_since = instant_text(prior.reduced_since)
    answer.reduction_percent = plain(prior.percent)


def _shown(value: Decimal, digits: int) -> str:
    return str(value.quantize(QUANTA[digits], context=EXACT))


def sealed(answer: PriceAnswer, at: datetime, book: Snapshot) -> tuple[bytes, bytes]:
    """An answer as JSON with its moment and revision, and its entity tag: the digest of what it says."""
    body = encode(answer)
    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    return body[:-1] + moment(at, book), tag.encode()


def moment(at: datetime, book: Snapshot, usage_as_of: datetime | None = None) -> bytes:
    """The end of every answer: the moment it holds for, and the revision it was read at.

    `usage_as_of` is when the ledger was read, where the answer depends on what is used up.
    """
    counted = f'"usage_as_of":"{instant_text(usage_as_of)}",' if usage_as_of is not None else ""
    reading = book.reading
    stale = "null" if reading.stale_since is None else f'"{reading.stale_since}"'
    return (
        f',"at":"{instant_text(at)}",{counted}"revision":{book.revision},"epoch":"{reading.epoch}",'
        f'"stale_since":{stale}}}'
    ).encode()

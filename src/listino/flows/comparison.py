"""What a store charged beside what we charge: line by line, and in all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listino.core.checks import country_fault
from listino.core.errors import Refused
from listino.core.orders import (
    PAYMENT_TOLERANCE_MINOR,
    Amounts,
    Charge,
    Order,
    OrderLine,
    differs,
    own_amounts,
    paid,
    stated_amounts,
    tax_percent_of,
    to_minor_unit,
    total,
)
from listino.core.question import NoPrice, Price
from listino.core.reservations import reserved_of_rules
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.price import Answered, Asked, prefetched, price

# A store's clock may run ahead of ours by this much before its word for the moment is not taken.
CLOCK_AHEAD_MAX = timedelta(minutes=10)


@dataclass(slots=True)
class TakenLine:
    """A line of a taken order: what was said, what it comes to, our price, and why it must be looked at.

    `charged` is the price of ours that the amounts are: that of now, or one that was shown before.
    """

    said: OrderLine
    amounts: Amounts | None
    ours: Answered | None
    held: tuple[str, ...]
    charged: Answered | None


def priced_lines(
    book: Snapshot, order: Order, customer: str | None, channel: str | None, now: datetime
) -> tuple[TakenLine, ...]:
    """Every line with our price beside it, and the reasons for which a person must look at it."""
    ship_to = order.ship_to
    country = ship_to.country if ship_to is not None and ship_to.country is not None else None
    if country is not None and country_fault("country", country) is not None:
        country = None
    at = order.ordered_at if order.ordered_at <= now + CLOCK_AHEAD_MAX else now
    context = Asked(
        "", at, customer=customer, channel=channel, currency=order.currency, country=country,
        coupons=tuple(voucher.code for voucher in order.vouchers if voucher.code), breaks=False,
    )  # fmt: skip
    asked = [replace(context, item=line.item, quantity=line.quantity, unit=line.unit) for line in order.lines]
    prefetched(book, asked)
    answers = [_our_price(book, question) for question in asked]
    own = iter(
        own_amounts(
            tuple(
                answer.price
                for said, answer in zip(order.lines, answers, strict=True)
                if isinstance(answer, Answered) and isinstance(answer.price, Price) and not states_amounts(said)
            ),
            order.currency,
        )
    )
    return tuple(
        _line(book, order, said, question, answer, None if states_amounts(said) else own)
        for said, question, answer in zip(order.lines, asked, answers, strict=True)
    )


def states_amounts(said: OrderLine) -> bool:
    """Whether a store says what it charged for a line."""
    return said.net_price is not None or said.net is not None or said.gross is not None


def _our_price(book: Snapshot, asked: Asked) -> Answered | str:
    """Our price, or the reason why there is none for such a line."""
    try:
        return price(book, asked)
    except Refused as error:
        return error.code


def _line(
    book: Snapshot, order: Order, said: OrderLine, asked: Asked, answer: Answered | str, own: Iterator[Amounts] | None
) -> TakenLine:
    held: list[str] = []
    ours = answer if isinstance(answer, Answered) else None
    outcome = ours.price if ours is not None else None
    if isinstance(answer, str):
        held.append(answer)
    elif isinstance(outcome, NoPrice):
        held.append(outcome.reason)
    percent = outcome.tax_fact.percent if isinstance(outcome, Price) and outcome.tax_fact is not None else None
    amounts, contradictory = stated_amounts(said, percent, order.currency)
    if contradictory:
        held.append("amounts_do_not_add_up")
    charged = ours
    if isinstance(outcome, Price):
        if amounts is None:
            amounts = next(own) if own is not None else None
            if outcome.tax is None:
                held.append("tax_unknown")
        elif differs(amounts, outcome, order.currency, said):
            charged = _as_shown(book, order, said, asked, amounts)
            if charged is None:
                held.append("price_difference")
    return TakenLine(said, amounts, ours, tuple(held), charged)


def _as_shown(book: Snapshot, order: Order, said: OrderLine, asked: Asked, amounts: Amounts) -> Answered | None:
    """The price of ours that a store charged, though it is not ours of now; None where it never was.

    It was shown as the book stood when the order was placed, or while a cap was not yet used up: then the
    ledger holds the order.
    """
    for known_at, usage in ((order.ordered_at, None), (None, {}), (order.ordered_at, {})):
        try:
            answered = price(snapshot(book.database, known_at) if known_at else book, replace(asked, usage=usage))
        except Refused:
            continue
        outcome = answered.price
        if isinstance(outcome, NoPrice) or differs(amounts, outcome, order.currency, said):
            continue
        if usage is None or reserved_of_rules([(outcome, answered.facts)], asked.customer, asked.at):
            return answered
    return None


def totals_of(order: Order, lines: tuple[TakenLine, ...], held: list[str]) -> tuple[tuple[Charge, ...], Amounts]:
    """The order's totals; a payment that differs by rounding alone becomes a rounding line."""
    parts = [line.amounts for line in lines if line.amounts is not None]
    for charge in order.charges:
        amounts, contradictory = stated_amounts(charge, charge.tax_percent, order.currency)
        parts += [amounts] if amounts is not None else []
        held += ["amounts_do_not_add_up"] if contradictory else []
    percent = tax_percent_of(total(tuple(parts)))
    for voucher in order.vouchers:
        amounts, _ = stated_amounts(voucher, percent, order.currency)
        if amounts is not None:
            parts.append(Amounts(-amounts.net, -amounts.tax, -amounts.gross))
    totals, charges = total(tuple(parts)), order.charges
    if totals.gross < 0:
        held.append("total_below_zero")
    if any(payment.currency not in {None, order.currency} for payment in order.payments):
        held.append("payment_currency")
        return charges, totals
    received = paid(order.payments)
    if received is None or received == totals.gross:
        return charges, totals
    difference = received - totals.gross
    if abs(difference) > PAYMENT_TOLERANCE_MINOR * to_minor_unit(order.currency):
        held.append("payment_difference")
        return charges, totals
    rounding = Charge(kind="rounding", net=difference, tax=difference - difference, gross=difference)
    return (*charges, rounding), Amounts(totals.net + difference, totals.tax, totals.gross + difference)

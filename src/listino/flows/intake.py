"""A store says that an order was placed: it is priced, compared, written down, and never refused by our rules."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from listino.core.checks import country_fault
from listino.core.errors import Refused
from listino.core.money import ONE, plain
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
    to_minor_unit,
    total,
)
from listino.core.question import NoPrice, Price
from listino.db import orders
from listino.db.engine import Database
from listino.db.orders import LineRow, OrderRow
from listino.db.orders import OrderRead as OrderRead
from listino.db.orders import StepRow as StepRow
from listino.db.snapshot import Snapshot, snapshot, stamp
from listino.flows.circles import one
from listino.flows.price import Answered, Asked, prefetched, price
from listino.flows.records import field_names

# A store's clock may run ahead of ours by this much before its word for the moment is not taken.
CLOCK_AHEAD_MAX = timedelta(minutes=10)
_encode = msgspec.json.Encoder().encode


class Chance(Protocol):
    """Where the ids of orders come from."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who hands an order in: the key's name stands for the store where the order names none."""

    name: str
    channel: str | None
    test: bool


@dataclass(slots=True)
class TakenLine:
    """A line of a taken order: what was said, what it comes to, our price, and why it must be looked at."""

    said: OrderLine
    amounts: Amounts | None
    ours: Answered | None
    held: tuple[str, ...]


@dataclass(slots=True)
class Taken:
    """An order on its way into the book, priced and compared."""

    id: str
    key: str
    order: Order
    store: str
    test: bool
    channel: str | None
    lines: tuple[TakenLine, ...]
    charges: tuple[Charge, ...]
    totals: Amounts
    held: tuple[str, ...]
    handover: str
    life: str
    taken_at: datetime
    revision: int
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order that was handed in: its id, and whether it is new or came before."""

    id: str
    new: bool


def keys_of(order: Order, store: str, idempotency_key: str | None) -> tuple[bytes, ...]:
    """The hashes of an order's keys: the caller's own within its store, and store + number."""
    number = sha256(f"number\x1f{store}\x1f{order.number}".encode()).digest()
    if idempotency_key is None:
        return (number,)
    return (sha256(f"key\x1f{store}\x1f{idempotency_key}".encode()).digest(), number)


def fingerprint_of(order: Order) -> bytes:
    """The digest of what an order says, however its numbers and times are written."""
    return sha256(_encode(_values(order, plain))).digest()


def _values(value: Any, amount: Callable[[Decimal], str]) -> Any:
    """What a record says as plain values, its decimals written by `amount`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, tuple):
        return [_values(member, amount) for member in value]
    if isinstance(value, dict):
        return dict(sorted(value.items()))
    if not hasattr(value, "__dataclass_fields__"):
        return value
    said = ((name, getattr(value, name)) for name in field_names(type(value)))
    return {name: _values(inner, amount) for name, inner in said if inner is not None and inner != ()}


def priced(book: Snapshot, order: Order, caller: Caller, key: str | None, now: datetime, chance: Chance) -> Taken:
    """An order with our price beside each line, its totals, and the reasons to hold it."""
    store = order.store or caller.name
    channel = order.channel or caller.channel
    held: list[str] = []
    customer, channel_known = _parties(book, order, channel, held)
    lines = _priced_lines(book, order, customer, channel_known, now)
    charges, totals = _totals(order, lines, held)
    held = list(dict.fromkeys([*held, *(reason for line in lines for reason in line.held)]))
    placed = not held and not caller.test
    at = stamp(now)
    steps = [StepRow("accepted", at, caller.name, None)]
    if held:
        steps.append(StepRow("on_hold", at, "listino", ", ".join(held)))
    elif placed:
        steps.append(StepRow("placed", at, "listino", "Placed in the own management system."))
    return Taken(
        id=f"{int(now.timestamp() * 1000):012x}{chance.token_hex(8)}",
        key=key or f"{store}/{order.number}",
        order=order,
        store=store,
        test=caller.test,
        channel=channel,
        lines=lines,
        charges=charges,
        totals=totals,
        held=tuple(held),
        handover="placed" if placed else "accepted",
        life="on_hold" if held else "received",
        taken_at=now,
        revision=book.revision,
        steps=tuple(steps),
    )


def _parties(book: Snapshot, order: Order, channel: str | None, held: list[str]) -> tuple[str | None, str | None]:
    """The customer and channel to price with; what is not known holds the order."""
    customer = order.customer
    if customer is not None:
        found = one(book, [], "customers", customer)
        if found is None:
            held.append("unknown_customer")
            customer = None
        elif found.status != "active":
            held.append("customer_blocked")
    if channel is not None and one(book, [], "channels", channel) is None:
        held.append("unknown_channel")
        channel = None
    countries = [party.country for party in (order.ship_to, order.bill_to) if party is not None and party.country]
    if any(country_fault("country", country) is not None for country in countries):
        held.append("bad_address")
    if order.quote is not None:
        held.append("unknown_quote")
    return customer, channel


def _priced_lines(
    book: Snapshot, order: Order, customer: str | None, channel: str | None, now: datetime
) -> tuple[TakenLine, ...]:
    ship_to = order.ship_to
    country = ship_to.country if ship_to is not None and ship_to.country is not None else None
    if country is not None and country_fault("country", country) is not None:
        country = None
    at = order.ordered_at if order.ordered_at <= now + CLOCK_AHEAD_MAX else now
    context = Asked(
        "", at, customer=customer, channel=channel, currency=order.currency, country=country,
        coupons=tuple(voucher.code for voucher in order.vouchers), breaks=False,
    )  # fmt: skip
    asked = [replace(context, item=line.item, quantity=line.quantity, unit=line.unit) for line in order.lines]
    prefetched(book, asked)
    answers = [_our_price(book, question) for question in asked]
    own = iter(
        own_amounts(
            tuple(
                answer.price
                for said, answer in zip(order.lines, answers, strict=True)
                if isinstance(answer, Answered) and isinstance(answer.price, Price) and not _states_amounts(said)
            ),
            order.currency,
        )
    )
    return tuple(
        _line(book, order, said, question, answer, None if _states_amounts(said) else own)
        for said, question, answer in zip(order.lines, asked, answers, strict=True)
    )


def _states_amounts(said: OrderLine) -> bool:
    return said.net_price is not None or said.net is not None or said.gross is not None


def _our_price(book: Snapshot, asked: Asked) -> Answered | str:
    """Our price, or the reason why there is none for such a line."""
    try:
        return price(book, asked)
    except Refused as error:
        return error.code


def _line(book: Snapshot, order: Order, said: OrderLine, asked: Asked, answer: Answered | str, own: Any) -> TakenLine:
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
    if isinstance(outcome, Price):
        if amounts is None:
            amounts = next(own)
            if outcome.tax is None:
                held.append("tax_unknown")
        elif differs(amounts, outcome, order.currency, said) and not _was_shown(book, order, said, asked, amounts):
            held.append("price_difference")
    return TakenLine(said, amounts, ours, tuple(held))


def _was_shown(book: Snapshot, order: Order, said: OrderLine, asked: Asked, amounts: Amounts) -> bool:
    """Whether what the store charged was our price as the book stood when the order was placed."""
    try:
        then = snapshot(book.database, order.ordered_at)
        outcome = price(then, asked).price
    except Refused:
        return False
    return isinstance(outcome, Price) and not differs(amounts, outcome, order.currency, said)


def _totals(order: Order, lines: tuple[TakenLine, ...], held: list[str]) -> tuple[tuple[Charge, ...], Amounts]:
    """The order's totals; a payment that differs by rounding alone becomes a rounding line."""
    parts = [line.amounts for line in lines if line.amounts is not None]
    for charge in order.charges:
        amounts, contradictory = stated_amounts(charge, charge.tax_percent, order.currency)
        parts += [amounts] if amounts is not None else []
        held += ["amounts_do_not_add_up"] if contradictory else []
    for voucher in order.vouchers:
        amounts, _ = stated_amounts(voucher, None, order.currency)
        if amounts is not None:
            parts.append(Amounts(-amounts.net, -amounts.tax, -amounts.gross))
    totals, charges = total(tuple(parts)), order.charges
    received = paid(order.payments)
    if received is None or received == totals.gross:
        return charges, totals
    difference = received - totals.gross
    if abs(difference) > PAYMENT_TOLERANCE_MINOR * to_minor_unit(order.currency):
        held.append("payment_difference")
        return charges, totals
    rounding = Charge(kind="rounding", net=difference, tax=difference - difference, gross=difference)
    return (*charges, rounding), Amounts(totals.net + difference, totals.tax, totals.gross + difference)


def handed_in(
    database: Database, taken: Taken, answer: bytes, digests: tuple[bytes, ...], fingerprint: bytes
) -> "Future[Outcome]":
    """Queue an order to be written with all that belongs to it, in one transaction; ends when it is on disk.

    `answer` is the first answer, which is kept and given again to whoever repeats the order.
    """
    row = _row(taken, answer.decode())
    return database.submit(lambda tx: Outcome(*orders.take(tx, row, digests, fingerprint)))


def _row(taken: Taken, answer: str) -> OrderRow:
    order = taken.order
    message = _said(
        charges=taken.charges, payments=order.payments, vouchers=order.vouchers, wanted_on=order.wanted_on,
        quote=order.quote,
    )  # fmt: skip
    texts = [_said(text=line.text, fields=line.fields) for line in order.lines]
    private = _said(
        key=taken.key, buyer=order.buyer, bill_to=order.bill_to, ship_to=order.ship_to, contacts=order.contacts,
        vat_id=order.vat_id, reference=order.reference, notes=order.notes, fields=order.fields,
        lines=texts if any(texts) else None,
    )  # fmt: skip
    return OrderRow(
        taken.id, taken.store, order.number, taken.test, taken.channel, order.customer, order.currency,
        taken.totals.net, taken.totals.tax, taken.totals.gross, taken.handover, taken.life, None,
        stamp(order.ordered_at), stamp(taken.taken_at), taken.revision, _encode(message).decode(), answer,
        _encode(private).decode(), tuple(_line_row(line) for line in taken.lines), taken.steps,
    )  # fmt: skip


def _said(**values: Any) -> dict[str, Any]:
    return {name: _values(value, str) for name, value in values.items() if value is not None and value not in ((), {})}


def _line_row(line: TakenLine) -> LineRow:
    said, outcome = line.said, line.ours.price if line.ours is not None else None
    net_price = said.net_price
    if net_price is None and isinstance(outcome, Price) and outcome.per == ONE:
        net_price = outcome.net_price
    amounts = line.amounts
    unit = said.unit or (outcome.unit if outcome is not None else None)
    if amounts is None:
        return LineRow(said.item, said.quantity, unit, net_price, None, None, None)
    return LineRow(said.item, said.quantity, unit, net_price, amounts.net, amounts.tax, amounts.gross)


def found(database: Database, order_id: str) -> OrderRead | None:
    """An order as it stands now."""
    return orders.read(database.read().connection, order_id)


def listed(database: Database, filters: dict[str, str], after: str, limit: int) -> list[OrderRead]:
    """Orders from behind an id on, oldest first."""
    return orders.listed(database.read().connection, filters, after, limit)


def counted(database: Database) -> dict[str, int]:
    """How many orders there are by hand-over."""
    return orders.count_by_handover(database.read().connection)

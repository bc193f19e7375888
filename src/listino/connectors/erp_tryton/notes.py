"""What a sale has no field for, as the comment that people read on it."""

from collections.abc import Iterator, Mapping
from typing import Any

from listino.core.orders import Order, Party, Payment

COMMENT_LENGTH_MAX = 20_000


def comment_of(order: Order) -> str:
    """Notes, dates, payments, contacts, and what the store said of its own."""
    return "\n".join(_lines(order))[:COMMENT_LENGTH_MAX]


def _lines(order: Order) -> Iterator[str]:
    if order.notes:
        yield order.notes
    if order.wanted_on is not None:
        yield f"Wanted on: {order.wanted_on.isoformat()}"
    for name, party in (("Buyer", order.buyer), ("Bill to", order.bill_to), ("Ship to", order.ship_to)):
        if party is not None and (text := _people(party)):
            yield f"{name}: {text}"
    for contact in order.contacts:
        if text := _people(contact):
            yield f"Contact{f' ({contact.role})' if contact.role else ''}: {text}"
    if order.vat_id:
        yield f"VAT number: {order.vat_id}"
    for payment in order.payments:
        yield f"Payment: {_payment(payment)}"
    for name, value in _own(order.fields):
        yield f"{name}: {value}"


def _people(party: Party) -> str:
    """Who somebody is and how to reach them; the address stands in a field of its own."""
    said = (party.name, party.company, party.code, party.phone, party.mail, party.vat_id)
    return ", ".join(part for part in said if part)


def _payment(payment: Payment) -> str:
    amount = payment.captured if payment.captured is not None else payment.authorised
    money = f"{amount:f} {payment.currency or ''}".strip() if amount is not None else None
    return ", ".join(part for part in (payment.method, payment.state, money, payment.reference) if part)


def _own(fields: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    for name, value in (fields or {}).items():
        yield name, value if isinstance(value, str) else str(value)


def own_text(fields: Mapping[str, Any] | None) -> str | None:
    """What a store said of a line in words of its own."""
    return "\n".join(f"{name}: {value}" for name, value in _own(fields)) or None

"""What a customer owes by open orders: taken by an order as caps are, and looked at beside the credit limit."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from listino.core.candidates import Circle
from listino.core.keys import SEPARATOR
from listino.core.money import EXACT, ZERO, to_minor
from listino.core.orders import Order, paid
from listino.core.rates import rate_at
from listino.core.reservations import Reservation, Use
from listino.db import ledger
from listino.db.engine import Connection
from listino.db.order_life import Standing
from listino.db.snapshot import Snapshot, company
from listino.flows.circles import Buyer, one
from listino.flows.price import Asked, buyer_for
from listino.flows.terms import rates_between

CREDIT = "credit"
# Where no rate tells what an order is worth, no limit is known to hold.
NEVER = Decimal(-1)


def owed(book: Snapshot, order: Order, context: Asked, gross: Decimal) -> Iterator[Reservation]:
    """What an order adds to the debts of its customer and of the accounts above, with the limits that they have.

    Units:   in the company's currency, with tax; what is paid, or authorised, is not owed.
    """
    if context.customer is None:
        return
    received = paid(tuple(one for one in order.payments if one.currency in {None, order.currency}))
    left = gross - (received or ZERO)
    if left <= 0:
        return
    buyer = buyer_for(book, context)
    amount = _in_base(book, buyer.company.currency, left, (order.currency, context.at))
    for kind, code, limit in _limits(book, buyer):
        subject = SEPARATOR.join((CREDIT, kind, code))
        use = Use(subject, amount, limit) if amount is not None else Use(subject, ZERO, limit and NEVER)
        yield Reservation("credit_limit", (use,), beyond=True)


def is_exceeded(book: Snapshot, tx: Connection, order_id: str) -> bool:
    """Whether an order that is open adds to debts that are beyond a limit as it stands now."""
    subjects = ledger.taken_by(tx, order_id, CREDIT + SEPARATOR)
    used = ledger.used_up(tx, subjects)
    for subject in subjects:
        _, kind, code = subject.split(SEPARATOR)
        party = one(book, [], f"{kind}s", code)
        if party is not None and party.credit_limit is not None and used[subject] > party.credit_limit:
            return True
    return False


def paid_off(book: Snapshot, tx: Connection, order: Standing, told: tuple[Decimal, datetime]) -> None:
    """Take what was paid at a moment off what an order adds to debts. Joins the caller's transaction."""
    amount, at = told
    value = _in_base(book, company(book.reading).currency, amount, (order.currency, at))
    if value is not None:
        ledger.release(tx, order.id, CREDIT + SEPARATOR, value)


def _in_base(book: Snapshot, base: str, amount: Decimal, told: tuple[str, datetime]) -> Decimal | None:
    """An amount of a currency at a moment in the company's own; None without an exchange rate."""
    currency, at = told
    if currency == base:
        return amount
    circle = Circle({}, {}, {}, None, None, base, base)
    circle.rates = rates_between(book, [], circle, {currency})
    rate = rate_at(currency, base, at, circle)
    return None if rate is None else to_minor(EXACT.multiply(amount, rate), base)


def _limits(book: Snapshot, buyer: Buyer) -> Iterator[tuple[str, str, Decimal | None]]:
    if buyer.customer is not None:
        yield "customer", buyer.customer.code, buyer.customer.credit_limit
    for code in buyer.values["A"]:
        account = one(book, [], "accounts", code)
        if account is not None:
            yield "account", code, account.credit_limit

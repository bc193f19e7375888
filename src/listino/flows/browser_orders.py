"""A customer's browser places an order by the quote of its basket, and sees the orders that are its customer's."""

from datetime import datetime
from typing import Any

from listino.core.errors import Conflict, Fault, NotAllowed, NotFound
from listino.core.orders import Order
from listino.core.quotes import Quote
from listino.db import customer_orders, orders
from listino.db.engine import Database
from listino.db.orders import OrderRead
from listino.flows.price import buyer_for, snapshot
from listino.flows.promises import honoured
from listino.flows.quotes import Signer
from listino.flows.tokens import Browser, question_of

# A quote can be ordered once, so it is what a browser's order is known by: no page can take a number of others.
NUMBER = "ME-{}"
REMEDY = "Ask /v1/me/basket again, and order with the quote of its answer."
_TEXTS = {
    "unknown_quote": "This is not a quote that was given to this customer here.",
    "quote_expired": "The quote holds no longer.",
    "quote_differs": "The order is not what the quote was given for.",
}


def check_customer(browser: Browser, *, places: bool = False) -> str:
    """The customer whose orders a token may see; or, where it `places` one, may place.

    Errors:  NotAllowed.
    """
    if browser.customer is None:
        text = "A guest has no orders."
        raise NotAllowed("customer_needed", text, (Fault("authorization", "customer_needed", text, "Sign in first."),))
    if places and not browser.orders:
        text = "This token may not place orders."
        remedy = "Mint one with `orders`, or hand the order in from the store's server."
        raise NotAllowed(
            "orders_not_allowed", text, (Fault("authorization", "orders_not_allowed", text, remedy),)
        )  # fmt: skip
    if not places and not browser.sees_orders:
        text = "This token may not read orders."
        remedy = "Mint it with a key that has orders:read, or with `orders`."
        raise NotAllowed(
            "orders_not_allowed", text, (Fault("authorization", "orders_not_allowed", text, remedy),)
        )  # fmt: skip
    return browser.customer


def quote_of(browser: Browser, text: str, signer: Signer) -> Quote:
    """The quote that a browser brings, which must have been given to its customer.

    Errors:  Conflict (unknown_quote).
    """
    quote = signer.read(text)
    if quote is None or (quote.customer, quote.channel) != (browser.customer, browser.channel):
        raise _refused("unknown_quote")
    return quote


def said_by(browser: Browser, quote: Quote, database: Database, said: dict[str, Any]) -> dict[str, Any]:
    """An order's message: what the page said of it, for whom the token and the quote say, as of the quote's moment.

    A repeat says the same, whenever it comes.
    """
    currency = quote.context.get("currency") or buyer_for(snapshot(database), question_of(browser, quote.at)).currency
    ours = {"customer": browser.customer, "channel": browser.channel, "currency": currency}
    return said | ours | {"number": NUMBER.format(quote.id), "ordered_at": quote.at.isoformat()}


def check_quote(browser: Browser, database: Database, order: Order, quote: Quote, now: datetime) -> None:
    """Refuse a quote that has ended, or an order that it was not given for; the repeat of one that was taken is none.

    Errors:  Conflict (quote_expired, quote_differs).
    """
    if orders.id_of(database.read().connection, browser.key_name, order.number, test=browser.test) is not None:
        return
    if now > quote.expires_at:
        raise _refused("quote_expired")
    promise = honoured(snapshot(database), order, quote, (browser.channel, order.ordered_at, now))
    if isinstance(promise, str):
        raise _refused(promise)


def _refused(code: str) -> Conflict:
    text = _TEXTS[code]
    return Conflict(code, text, (Fault("quote", code, text, REMEDY),))


def listed(database: Database, browser: Browser, before: str | None, limit: int) -> list[OrderRead]:
    """A customer's orders, the newest first, from before an id on."""
    customer, connection = check_customer(browser), database.read().connection
    ids = customer_orders.ids_of(connection, customer, before, limit=limit, test=browser.test)
    return [order for order_id in ids if (order := orders.read(connection, order_id)) is not None]


def found(database: Database, browser: Browser, order_id: str) -> OrderRead:
    """An order of a customer.

    Errors:  NotFound, for one of another customer too.
    """
    customer, connection = check_customer(browser), database.read().connection
    is_theirs = customer_orders.is_of(connection, order_id, customer, test=browser.test)
    order = orders.read(connection, order_id) if is_theirs else None
    if order is None:
        text = f"There is no order {order_id!r}."
        raise NotFound("unknown_order", text, (Fault("id", "unknown_order", text, "List /v1/me/orders."),))
    return order

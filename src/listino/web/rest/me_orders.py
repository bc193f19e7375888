"""A customer's orders, as its browser sees and places them."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.orders import Order
from listino.db.engine import Database
from listino.flows import browser_orders
from listino.flows.access import ApiKey
from listino.flows.intake import OrderRead
from listino.flows.quotes import Signer
from listino.flows.records import strict
from listino.flows.tokens import Browser
from listino.web.answers import encode
from listino.web.browser_messages import BrowserBasketCharge, BrowserCharge, BrowserGoods, MyOrder, MyOrderLine
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.facts import page_of
from listino.web.rest.order_answers import whole
from listino.web.rest.order_reading import checked_order
from listino.web.rest.order_requests import ORDERS_PER_PAGE_MAX, check_filters
from listino.web.rest.orders import OrderDoor
from listino.web.roads import Roads

# All that a page may say of an order, and of its lines: what is charged and for whom is not for it to say.
SAID = frozenset(["quote", "lines", "bill_to", "ship_to", "contacts", "reference", "wanted_on", "notes"])
SAID_OF_LINE = frozenset(["item", "quantity", "unit", "id", "text"])
REQUIRED = ("quote", "lines")
# Of orders that somebody gave up nothing comes any more.
ENDED = frozenset(["dropped", "cancelled"])
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class MyOrders:
    """A customer's orders: listed, read, and placed by the quote of a basket."""

    def __init__(
        self, database: Database, orders: OrderDoor, signer: Signer, clock: Callable[[], datetime], roads: Roads
    ) -> None:  # a door's tools
        self._database, self._orders, self._signer, self._clock, self._roads = database, orders, signer, clock, roads

    async def listed(self, request: Request, browser: Browser) -> Response:
        """The customer's orders, the newest first."""
        said = single(query_of(request.scope["query_string"]), frozenset(["limit", "after"]))
        check_filters(said)
        limit, after = page_of(said)
        return as_json(await self._roads.in_thread(self._page, browser, after, min(limit, ORDERS_PER_PAGE_MAX)))

    def _page(self, browser: Browser, after: str, limit: int) -> bytes:
        found = browser_orders.listed(self._database, browser, after or None, limit + 1)
        following = found[limit - 1].id if len(found) > limit else None
        return encode({"data": [my_order(order) for order in found[:limit]], "next": following})

    async def one(self, request: Request, browser: Browser) -> Response:
        """One of the customer's orders."""
        single(query_of(request.scope["query_string"]), frozenset())
        return as_json(await self._roads.in_thread(self._one, browser, request.path_params["id"]))

    def _one(self, browser: Browser, order_id: str) -> bytes:
        return encode(my_order(browser_orders.found(self._database, browser, order_id)))

    async def placed(self, request: Request, browser: Browser) -> Response:
        """An order by the quote of a basket."""
        single(query_of(request.scope["query_string"]), frozenset())
        body = await body_of(request.scope, request.receive)
        order = await self._roads.in_thread(self._order, browser, body)
        # It is taken in the name of the key that minted the token.
        key = ApiKey(browser.key_id, browser.key_name, ("orders:create",), browser.channel, browser.test, "", None)
        _, order_id = await self._orders.taken(order, key, None)
        return as_json(await self._roads.in_thread(self._one, browser, order_id), 201)

    def _order(self, browser: Browser, body: bytes) -> Order:
        """The order that a body asks for, which its quote promises.

        Errors:  NotAllowed; Malformed; Conflict.
        """
        browser_orders.check_customer(browser, places=True)
        said = _said(body)
        quote = browser_orders.quote_of(browser, str(said["quote"]), self._signer)
        order = checked_order(
            strict(Order, browser_orders.said_by(browser, quote, self._database, said), exponents=False)
        )
        browser_orders.check_quote(browser, self._database, order, quote, self._clock())
        return order


def _said(body: bytes) -> dict[str, Any]:
    """What a page says of an order.

    Errors:  Malformed for what is not JSON, and for what is not for a page to say.
    """
    try:
        said = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed("body", "malformed_json", f"The body is not JSON: {error}.", "Send valid UTF-8 JSON.") from None
    except RecursionError:
        raise malformed("body", "too_deep", "The JSON is nested too deeply.", "Send it as documented.") from None
    if not isinstance(said, dict):
        raise malformed("body", "malformed", "The order is not a JSON object.", "Send it as documented.")
    _check_names(said, SAID, "")
    for name in REQUIRED:
        if said.get(name) is None:
            raise malformed(name, "missing", f"{name} is required.", f"Send {name}.")
    lines = said["lines"] if isinstance(said["lines"], list) else []
    for index, line in enumerate(lines):
        if isinstance(line, dict):
            _check_names(line, SAID_OF_LINE, f"lines[{index}].")
    return {name: value for name, value in said.items() if value is not None}


def _check_names(said: dict[str, Any], allowed: frozenset[str], prefix: str) -> None:
    for name in said:
        if name not in allowed:
            remedy = "Send only: " + ", ".join(sorted(allowed)) + "."
            raise malformed(f"{prefix}{name}", "unknown_field", f"A page cannot say {prefix}{name}.", remedy)


def my_order(found: OrderRead) -> MyOrder:
    """An order as its customer's browser sees it: how far it is, not why."""
    order = whole(found)
    charges = [*order.get("own_charges", ()), *order.get("charges", ())]
    return MyOrder(
        id=order["id"],
        number=order["number"],
        state="cancelled" if order["handover"] in ENDED else order["life"],
        currency=order["currency"],
        net=order["net"],
        tax=order["tax"],
        gross=order["gross"],
        ordered_at=order["ordered_at"],
        taken_at=order["taken_at"],
        lines=[_line(line) for line in order["lines"]],
        free_goods=[_picked(BrowserGoods, goods) for goods in order.get("free_goods", ())],
        charges=[_picked(BrowserBasketCharge, {"label": charge.get("text")} | charge) for charge in charges],
        reference=order.get("reference"),
        wanted_on=order.get("wanted_on"),
    )


def _line(line: dict[str, Any]) -> MyOrderLine:
    told: MyOrderLine = _picked(MyOrderLine, {**line, "own_lines": UNSET})
    own_lines = line.get("own_lines", ())
    if own_lines:
        told.own_lines = [_picked(BrowserCharge, own) for own in own_lines]
    return told


def _picked(kind: Any, said: dict[str, Any]) -> Any:
    """The fields of a message out of what there is."""
    return kind(**{name: said.get(name) for name in kind.__struct_fields__})

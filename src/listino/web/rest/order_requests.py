"""Requests about orders: what the doors of orders are asked, and how they answer."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.handover_state import Handover
from listino.core.life import STATES
from listino.core.order_events import APPLIED, BY_HAND, SETTLED, UNDER_WAY, WAITING
from listino.flows.access import ApiKey
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.proxy import root_of
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.facts import page_of
from listino.web.rest.order_answers import shown
from listino.web.rest.orders import OrderDoor

ORDERS_PER_PAGE_MAX = 200
# Filters that know few values. A mistyped one would find nothing, and that reads as "nothing waits".
CHOICES = {"handover": tuple(Handover), "life": STATES, "events": (WAITING, UNDER_WAY, BY_HAND, APPLIED, SETTLED)}
_ORDER_ID = re.compile(r"[0-9a-f]{28}")


def check_filters(said: dict[str, str]) -> None:
    """Refuse a value that no order can have, and a cursor that no page gave.

    Errors:  Malformed.
    """
    for name, choices in CHOICES.items():
        if name in said and said[name] not in choices:
            remedy = f"Send {', '.join(choices[:-1])} or {choices[-1]}."
            raise malformed(name, "not_a_choice", f"{name} cannot be {said[name]!r}.", remedy)
    if "after" in said and not _ORDER_ID.fullmatch(said["after"]):
        raise malformed("after", "not_a_cursor", "after is no cursor.", "Send the `next` of the page before.")


class OrderRequests:
    """An order comes in; orders are listed and read."""

    def __init__(self, door: OrderDoor, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._door = door
        self._in_thread = in_thread

    async def taken(self, request: Request, key: ApiKey) -> Response:
        """A placed order comes in."""
        body = await body_of(request.scope, request.receive)
        answer, order_id = await self._door.post(body, key, request.headers.get("idempotency-key"))
        return as_json(
            shown(answer, full=key.may("explain:full")), 201, {"location": f"{root_of(request)}/v1/orders/{order_id}"}
        )

    async def listed(self, request: Request, key: Any) -> Response:
        """Orders, oldest first."""
        require(key, "orders:read")
        allowed = frozenset(["store", "number", "handover", "life", "customer", "events", "limit", "after"])
        said = single(query_of(request.scope["query_string"]), allowed)
        check_filters(said)
        limit, after = page_of(said)
        page = await self._in_thread(self._door.listed, said, after, min(limit, ORDERS_PER_PAGE_MAX))
        return as_json(shown(page, full=key.may("explain:full")))

    async def one(self, request: Request, key: Any) -> Response:
        """One order as it stands now."""
        require(key, "orders:read")
        order = await self._in_thread(self._door.get, request.path_params["id"])
        return as_json(shown(order, full=key.may("explain:full")))

    async def conservation(self, request: Request, key: Any) -> Response:
        """Where all orders are that were ever taken."""
        require(key, "orders:read")
        single(query_of(request.scope["query_string"]), frozenset())
        return as_json(encode(await self._in_thread(self._door.conservation)))

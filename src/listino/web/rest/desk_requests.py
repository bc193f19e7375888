"""Requests of those who work an order that was taken."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.desk import DeskDoor
from listino.web.rest.order_answers import shown


class DeskRequests:
    """Steps in an order's life."""

    def __init__(self, door: DeskDoor, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._door = door
        self._in_thread = in_thread

    async def step(self, request: Request, key: Any) -> Response:
        """A step was taken."""
        return await self._worked(self._door.step, request, key)

    async def release(self, request: Request, key: Any) -> Response:
        """A person decided about an order that is held."""
        return await self._worked(self._door.release, request, key)

    async def settle(self, request: Request, key: Any) -> Response:
        """A person has done what an event says."""
        return await self._worked(self._door.settle, request, key)

    async def event(self, request: Request, key: Any) -> Response:
        """A store tells what became of an order, by our id of it, or by its own number in the query."""
        body = await body_of(request.scope, request.receive)
        order_id = request.path_params.get("id")
        allowed = frozenset() if order_id is not None else frozenset(["store", "number"])
        named = single(query_of(request.scope["query_string"]), allowed)
        told = (order_id or named, body, key, request.headers.get("idempotency-key"))
        answer, waits = await self._in_thread(self._door.event, *told)
        return as_json(answer, 202 if waits else 201)

    async def _worked(self, work: Callable[..., bytes], request: Request, key: Any) -> Response:
        body = await body_of(request.scope, request.receive)
        single(query_of(request.scope["query_string"]), frozenset())
        told = (request.path_params["id"], body, key, request.headers.get("idempotency-key"))
        return as_json(shown(await self._in_thread(work, *told), full=key.may("explain:full")))

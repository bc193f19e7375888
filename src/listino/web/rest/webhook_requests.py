"""Requests about webhooks and alerts: what their doors are asked, and how they answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.flows.access import ApiKey
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest import alerts
from listino.web.rest.webhooks import WebhookDoor


class WebhookRequests:
    """Webhooks are made, read, changed and ended; their messages listed and sent again."""

    def __init__(self, door: WebhookDoor, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._webhooks = door
        self._in_thread = in_thread

    async def every(self, request: Request, key: ApiKey) -> Response:
        """All webhooks; or a new one."""
        single(query_of(request.scope["query_string"]), frozenset())
        if request.method != "POST":
            return as_json(await self._in_thread(self._webhooks.listed, key))
        body = await body_of(request.scope, request.receive)
        return as_json(await self._in_thread(self._webhooks.post, body, key), 201)

    async def one(self, request: Request, key: ApiKey) -> Response:
        """One webhook is read, stated anew or ended."""
        single(query_of(request.scope["query_string"]), frozenset())
        own_id = request.path_params["id"]
        if request.method == "PUT":
            body = await body_of(request.scope, request.receive)
            return as_json(await self._in_thread(self._webhooks.put, own_id, body, key))
        door = self._webhooks.end if request.method == "DELETE" else self._webhooks.get
        return as_json(await self._in_thread(door, own_id, key))

    async def rotate(self, request: Request, key: ApiKey) -> Response:
        """A webhook gets a new secret."""
        body = await body_of(request.scope, request.receive)
        return as_json(await self._in_thread(self._webhooks.rotate, request.path_params["id"], body, key))

    async def replay(self, request: Request, key: ApiKey) -> Response:
        """Messages go out again."""
        body = await body_of(request.scope, request.receive)
        return as_json(await self._in_thread(self._webhooks.replay, request.path_params["id"], body, key))

    async def alerts(self, request: Request, key: ApiKey) -> Response:
        """What needs a person."""
        said = single(query_of(request.scope["query_string"]), frozenset(["state", "limit", "after"]))
        return as_json(await self._in_thread(alerts.listed, self._webhooks.database, key, said))

    async def deliveries(self, request: Request, key: ApiKey) -> Response:
        """What was told or is on its way."""
        said = single(query_of(request.scope["query_string"]), frozenset(["state", "limit", "after"]))
        return as_json(await self._in_thread(self._webhooks.deliveries, request.path_params["id"], key, said))

"""Requests about facts, the change log and stock: what their doors are asked, and how they answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.facts import KINDS
from listino.web.reading import body_of, query_of, single
from listino.web.responses import OF_ONE_FACT, as_json, based_on, is_confirmed
from listino.web.rest.changes import ChangeDoor
from listino.web.rest.facts import FactDoor


class FactRequests:
    """Facts are stated, read, listed and ended, one at a time or many together."""

    def __init__(self, facts: FactDoor, changes: ChangeDoor, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._facts = facts
        self._changes = changes
        self._in_thread = in_thread

    async def change(self, request: Request, key: Any) -> Response:
        """A change set, as one JSON object or as NDJSON."""
        said = single(query_of(request.scope["query_string"]), frozenset(["reason", "confirm"]))
        reason, confirmed = said.get("reason"), is_confirmed(said)
        if "ndjson" in request.headers.get("content-type", ""):
            return as_json(await self._changes.stream(request, key, reason, confirmed))
        body = await body_of(request.scope, request.receive)
        return as_json(await self._in_thread(self._facts.change, body, key, reason, confirmed))

    async def log(self, request: Request, key: Any) -> Response:
        """The change log."""
        said = single(query_of(request.scope["query_string"]), frozenset(["after", "limit"]))
        return as_json(await self._in_thread(self._facts.log, key, said))

    async def stock(self, request: Request, key: Any) -> Response:
        """What there is of an item: stated or asked."""
        item = request.path_params["code"]
        if request.method == "GET":
            single(query_of(request.scope["query_string"]), frozenset())
            return as_json(await self._in_thread(self._facts.get_stock, item, key))
        body = await body_of(request.scope, request.receive)
        said = single(query_of(request.scope["query_string"]), frozenset(["warehouse"]))
        return as_json(await self._in_thread(self._facts.put_stock, item, body, key, said.get("warehouse")))

    async def fact(self, request: Request, key: Any) -> Response:
        """One fact is stated, read or ended."""
        code = request.path_params["code"]
        pairs = query_of(request.scope["query_string"])
        said = single(pairs, OF_ONE_FACT.get(request.method, frozenset()))
        return await self._one_fact(request, key, code, said)

    async def _one_fact(self, request: Request, key: Any, code: str, said: dict[str, str]) -> Response:
        kind = request.path_params["kind"]
        if request.method == "PUT":
            body = await body_of(request.scope, request.receive)
            stated = (kind, code, body, key, based_on(request), is_confirmed(said))
            status, answer, revision = await self._in_thread(self._facts.put, *stated)
            return as_json(answer, status, {"etag": f'"{revision}"'})
        if request.method == "DELETE":
            return as_json(await self._in_thread(self._facts.end, kind, code, key, based_on(request)))
        answer, revision = await self._in_thread(self._facts.get, kind, code, key, said.get("known_at"))
        return as_json(answer, 200, {"etag": f'"{revision}"'})

    async def facts(self, request: Request, key: Any) -> Response:
        """A list; or, with `?code=`, the one record whose code does not fit in a path."""
        kind = request.path_params["kind"]
        own = OF_ONE_FACT["PUT"] if request.method == "PUT" else ()
        allowed = frozenset([*KINDS[kind].__dataclass_fields__, "limit", "after", "known_at", *own])
        said = single(query_of(request.scope["query_string"]), allowed)
        if "code" in said:
            return await self._one_fact(request, key, said.pop("code"), said)
        if request.method != "GET":
            raise malformed("code", "missing", "No record is named.", f"Send /v1/{kind}/CODE or ?code=CODE.")
        return as_json(await self._in_thread(self._facts.listed, kind, key, said))

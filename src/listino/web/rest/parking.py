"""The doors for orders that do not go by themselves: retried by a person, dropped, or marked as placed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Fault, NotAllowed
from listino.core.parking import Drop, Placed, Retry
from listino.db.engine import Database
from listino.flows import desk, handover_decisions
from listino.flows.access import ApiKey
from listino.flows.handover_decisions import Person
from listino.flows.records import strict
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.facts import parsed
from listino.web.rest.order_answers import shown, whole

Said = TypeVar("Said")


class ParkingDoor:
    """Takes decisions about orders on their way."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def retry(self, order_id: str, body: bytes, key: ApiKey) -> bytes:
        """The order that is to be tried again."""
        said = _read(Retry, body)
        handover_decisions.retried(self._database, order_id, self._person(key, said.reason))
        return self._shown(order_id)

    def drop(self, order_id: str, body: bytes, key: ApiKey) -> bytes:
        """The order that is given up."""
        said = _read(Drop, body)
        handover_decisions.dropped(self._database, order_id, self._person(key, said.reason))
        return self._shown(order_id)

    def placed(self, order_id: str, body: bytes, key: ApiKey) -> bytes:
        """The order that is in the management system."""
        said = _read(Placed, body)
        handover_decisions.marked_placed(self._database, order_id, said.erp_number, self._person(key, said.reason))
        return self._shown(order_id)

    def _person(self, key: ApiKey, reason: str | None) -> Person:
        require(key, "orders:manage")
        if key.test:
            text = "A test key cannot decide about orders."
            raise NotAllowed("test_key", text, (Fault("authorization", "test_key", text, "Use a live key."),))
        return Person(key.name, self._clock(), reason)

    def _shown(self, order_id: str) -> bytes:
        return encode(whole(desk.read(self._database, order_id)))


def _read(record: type[Said], body: bytes) -> Said:
    """What a body says; an empty one says nothing.

    Errors:  Malformed.
    """
    return strict(record, parsed(body) if body.strip() else {})


class ParkingRequests:
    """Requests about orders on their way."""

    def __init__(self, door: ParkingDoor, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._door = door
        self._in_thread = in_thread

    async def retry(self, request: Request, key: Any) -> Response:
        """An order is to be tried again."""
        return await self._decided(self._door.retry, request, key)

    async def drop(self, request: Request, key: Any) -> Response:
        """An order is given up."""
        return await self._decided(self._door.drop, request, key)

    async def placed(self, request: Request, key: Any) -> Response:
        """An order is in the management system."""
        return await self._decided(self._door.placed, request, key)

    async def _decided(self, decide: Callable[..., bytes], request: Request, key: Any) -> Response:
        require(key, "orders:manage")
        body = await body_of(request.scope, request.receive)
        single(query_of(request.scope["query_string"]), frozenset())
        answer = await self._in_thread(decide, request.path_params["id"], body, key)
        return as_json(shown(answer, full=key.may("explain:full")))

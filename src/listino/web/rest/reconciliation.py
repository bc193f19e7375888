"""The door to the last comparison of both sides."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from listino.core.reconciliation import REMEDIES
from listino.db.engine import Database
from listino.flows.reconcile import Finding, last
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import query_of, single
from listino.web.responses import as_json


class FindingLine(Struct):
    """An order that is not the same on both sides, and what a person can do."""

    difference: str
    key: str
    order: str | None
    ours: str | None
    theirs: str | None
    repaired: bool
    remedy: str


class ReconciliationAnswer(Struct):
    """The last comparison of our orders with those of the management system."""

    began_at: str | None
    ended_at: str | None
    figures: dict[str, int]
    findings: list[FindingLine]


class ReconciliationRequests:
    """Shows what the last comparison found."""

    def __init__(self, database: Database, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._database = database
        self._in_thread = in_thread

    async def shown(self, request: Request, key: Any) -> Response:
        """The last comparison, with the first thousand findings."""
        require(key, "orders:read")
        single(query_of(request.scope["query_string"]), frozenset())
        return as_json(encode(await self._in_thread(self._answer)))

    def _answer(self) -> ReconciliationAnswer:
        found = last(self._database)
        if found is None:
            return ReconciliationAnswer(None, None, {}, [])
        lines = [_line(one) for one in found.findings]
        return ReconciliationAnswer(found.began_at, found.ended_at, found.figures, lines)


def _line(one: Finding) -> FindingLine:
    remedy = REMEDIES[one.difference]
    return FindingLine(one.difference.value, one.key, one.order_id, one.ours, one.theirs, one.repaired, remedy)

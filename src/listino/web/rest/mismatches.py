"""The door to price mismatches: answers that the management system gives otherwise."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows import drift
from listino.flows.drift import Mismatch
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.messages import Amount
from listino.web.reading import is_number, query_of, single
from listino.web.responses import as_json
from listino.web.rest.facts import page_of


class MismatchLine(Struct):
    """A question that was answered, and that the management system answers otherwise."""

    item: str
    customer: str | None
    quantity: Amount
    unit: str | None
    currency: str | None
    channel: str | None
    asked_at: str
    compared_at: str
    ours: str | None
    theirs: str | None


class MismatchRequests:
    """Lists what differs, and counts it."""

    def __init__(self, database: Database, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._database = database
        self._in_thread = in_thread

    async def listed(self, request: Request, key: Any) -> Response:
        """A page of what differs, the newest first."""
        require(key, "facts:read")
        said = single(query_of(request.scope["query_string"]), frozenset(["limit", "after"]))
        limit, after = page_of(said)
        if after and not is_number(after):
            raise malformed("after", "not_a_cursor", "after is no cursor of this list.", "Send the `next` before.")
        return as_json(await self._in_thread(self._page, int(after) if after else None, limit))

    def _page(self, after: int | None, limit: int) -> bytes:
        found = drift.listed(self._database, after, limit)
        compared, differing = drift.counted(self._database)
        return encode({
            "data": [line(one) for one in found],
            "next": str(found[-1].id) if len(found) == limit else None,
            "compared": compared,
            "mismatches": differing,
        })  # fmt: skip


def line(one: Mismatch) -> MismatchLine:
    """One mismatch as it is answered."""
    item, customer, quantity, unit, currency, channel = msgspec.json.decode(one.question)
    return MismatchLine(
        item, customer, quantity, unit, currency, channel, one.asked_at, one.compared_at, one.ours, one.theirs
    )

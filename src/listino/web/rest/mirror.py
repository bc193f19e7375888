"""How far the book follows a management system, and what of it is not in the book."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.db.engine import Database
from listino.flows.mirror_state import sources_of
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import query_of, single
from listino.web.responses import as_json


class MirrorDoor:
    """Tells how far each management system is followed."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], in_thread: Callable[..., Awaitable[Any]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._in_thread = in_thread

    async def sources(self, request: Request, key: Any) -> Response:
        """Every system that was followed."""
        require(key, "facts:read")
        single(query_of(request.scope["query_string"]), frozenset())
        found = await self._in_thread(sources_of, self._database, self._clock())
        return as_json(encode({"data": found, "next": None}))

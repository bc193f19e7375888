"""The door for large change sets: NDJSON, one change a line, one revision in the end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.facts import DIRECT_CHANGES_MAX, save
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import body_of
from listino.web.rest.facts import ndjson

NDJSON_BYTES_MAX = 512 << 20


class ChangeDoor:
    """Takes NDJSON."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def stream(self, request: Request, key: ApiKey, in_thread: Callable[..., Any]) -> bytes:
        """Carry out an NDJSON change set."""
        require(key, "facts:write")
        body = await body_of(request.scope, request.receive, NDJSON_BYTES_MAX)
        answer: bytes = await in_thread(self._changed, body, key)
        return answer

    def _changed(self, body: bytes, key: ApiKey) -> bytes:
        stated = list(ndjson(body))
        if not 1 <= len(stated) <= DIRECT_CHANGES_MAX:
            raise malformed("changes", "count", "No changes.", "Send one change a line.")
        committed = save(self._database, stated, key.name, None, self._clock())
        unchanged = len(stated) - committed.changed
        return encode({"revision": committed.revision, "changed": committed.changed, "unchanged": unchanged})

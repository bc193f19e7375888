"""The door for large change sets: NDJSON, one change a line, one revision in the end."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO, Any

from starlette.requests import Request

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import BODY_BYTES_MAX, too_large
from listino.web.rest.facts import parsed, stated_change

NDJSON_BYTES_MAX = 2 << 30
# Up to here a body is held in memory; beyond it, in a file without a name.
SPOOLED_BYTES_MAX = 4 << 20


class ChangeDoor:
    """Takes NDJSON of any length: it is spooled as it comes and read line by line."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def stream(self, request: Request, key: ApiKey, reason: str | None, in_thread: Callable[..., Any]) -> bytes:
        """Carry out an NDJSON change set.

        Errors:  Malformed with every bad line (the first thousand); nothing is changed then.
        """
        require(key, "facts:write")
        async with spooled(request, in_thread) as spool:
            answer: bytes = await in_thread(self._changed, spool, key, reason)
        return answer

    def _changed(self, spool: IO[bytes], key: ApiKey, reason: str | None) -> bytes:
        count = 0

        def stated() -> Iterator[Stated]:
            nonlocal count
            for one in lines_of(spool):
                count += 1
                yield one

        committed = changed_by(self._database, stated(), key.name, reason, self._clock())
        if not count:
            raise malformed("changes", "missing", "There are no changes.", "Send one change a line.")
        unchanged = count - committed.changed
        return encode({"revision": committed.revision, "changed": committed.changed, "unchanged": unchanged})


@asynccontextmanager
async def spooled(request: Request, in_thread: Callable[..., Any]) -> AsyncIterator[IO[bytes]]:
    """A body of any length as a file without a name, to be read from its beginning.

    Errors:  Malformed (too_large) beyond the bound.
    """
    with tempfile.SpooledTemporaryFile(SPOOLED_BYTES_MAX) as spool:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > NDJSON_BYTES_MAX:
                raise too_large(NDJSON_BYTES_MAX)
            await in_thread(spool.write, chunk)
        spool.seek(0)
        yield spool


def lines_of(spool: IO[bytes]) -> Iterator[Stated]:
    """The changes of an NDJSON body, one a line; empty lines are nothing.

    Errors:  Malformed, with the number of the line.
    """
    number = 0
    while line := spool.readline(BODY_BYTES_MAX + 1):
        number += 1
        if len(line) > BODY_BYTES_MAX:
            raise malformed(f"line {number}", "too_long", f"Line {number} is too long.", "Send one record a line.")
        if line.strip():
            yield stated_change(parsed(line), f"line {number}: ")

"""The door for large change sets: NDJSON, one change a line, one revision in the end."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO, Any

from starlette.requests import Request

from listino.core.errors import malformed
from listino.core.findings import Checks
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by
from listino.web.auth import require
from listino.web.reading import BODY_BYTES_MAX, too_large
from listino.web.rest.facts import changed, checks_for, parsed, stated_change

NDJSON_BYTES_MAX = 2 << 30
# Up to here a body is held in memory; beyond it, in a file without a name.
SPOOLED_BYTES_MAX = 4 << 20


class ChangeDoor:
    """Takes NDJSON of any length: it is spooled as it comes and read line by line."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], checks: Checks, in_thread: Callable[..., Any]
    ) -> None:
        self._database = database
        self._clock = clock
        self._checks = checks
        self._in_thread = in_thread

    async def stream(self, request: Request, key: ApiKey, reason: str | None, confirmed: bool) -> bytes:
        """Carry out an NDJSON change set.

        Errors:  Malformed with every bad line (the first thousand), ToConfirm; nothing is changed then.
        """
        require(key, "facts:write")
        async with spooled(request, self._in_thread) as spool:
            checks = checks_for(self._checks, key, confirmed)
            answer: bytes = await self._in_thread(self._changed, spool, key.name, reason, checks)
        return answer

    def _changed(self, spool: IO[bytes], actor: str, reason: str | None, checks: Checks) -> bytes:
        count = 0

        def stated() -> Iterator[Stated]:
            nonlocal count
            for one in lines_of(spool):
                count += 1
                yield one

        saved = changed_by(self._database, stated(), actor, reason, self._clock(), checks)
        if not count:
            raise malformed("changes", "missing", "There are no changes.", "Send one change a line.")
        return changed(saved, count)


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

"""The door of the log of requests: what a key asked last, and how it was answered."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows import requests
from listino.flows.access import ApiKey
from listino.flows.requests import RequestRow
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import is_number, query_of, single
from listino.web.request_log import RequestLog
from listino.web.responses import as_json
from listino.web.rest.facts import page_of

SCOPE = "requests:read"
EVERY_KEY = "*"
NEWEST = (1 << 62) - 1
FILTERS = frozenset(["key", "status", "path", "limit", "after"])


class RequestLine(Struct):
    """A request as it is listed: what came and what was answered, without anybody's data."""

    id: int
    at: str
    key: str
    method: str
    path: str
    status: int
    code: str | None
    duration_us: int
    request_id: str | None
    body: str | None
    answer: str | None


class RequestsDoor:
    """Holds the log of this process, and lists those of all."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        in_thread: Callable[..., Awaitable[Any]],
        unlogged: Callable[[int], None],
    ) -> None:
        self.log = RequestLog(database, clock, unlogged)
        self._database = database
        self._in_thread = in_thread

    async def listed(self, request: Request, key: ApiKey) -> Response:
        """A page of requests, the newest first: the key's own, or another's for the scope requests:read."""
        said = single(query_of(request.scope["query_string"]), FILTERS)
        return as_json(await self._in_thread(self._page, key, said))

    def _page(self, key: ApiKey, said: dict[str, str]) -> bytes:
        limit, after = page_of(said)
        if after and not is_number(after):
            raise malformed("after", "not_a_cursor", "after is no cursor.", "Send the `next` of the page before.")
        filters: dict[str, str | int] = {"key": key.id}
        if said.get("key", key.id) != key.id:
            require(key, SCOPE)
            filters["key"] = said["key"]
            if said["key"] == EVERY_KEY:
                del filters["key"]
        if "path" in said:
            # GetPrice is no beginning of GetPrices.
            filters["whole_path" if "#" in said["path"] else "path"] = said["path"]
        filters |= statuses(said.get("status"))
        self.log.write_down()
        page = requests.listed(self._database, filters, int(after) if after else NEWEST, limit + 1)
        following = str(page[limit - 1][0]) if len(page) > limit else None
        return encode({"data": [line(*one) for one in page[:limit]], "next": following})


def statuses(said: str | None) -> dict[str, int]:
    """Which statuses are meant: one, as 404, or a class of them, as 4xx.

    Errors:  Malformed.
    """
    if said is None:
        return {}
    if len(said) == 3 and said[0] in "12345" and said[1:] == "xx":
        return {"status_min": int(said[0]) * 100, "status_max": int(said[0]) * 100 + 99}
    if is_number(said) and len(said) == 3:
        return {"status_min": int(said), "status_max": int(said)}
    raise malformed(
        "status", "not_a_choice", f"status cannot be {said!r}.", "Send a status as 404, or 4xx for a class."
    )


def line(id: int, row: RequestRow) -> RequestLine:
    """A request as it is listed."""
    return RequestLine(
        id, row.at, row.key_id, row.method, row.path, row.status, row.code, row.duration_us, row.request_id, row.body,
        row.answer,
    )  # fmt: skip

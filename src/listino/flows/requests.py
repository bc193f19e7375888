"""What a key asked last is written down beside the answers, in codes alone, and read by whoever connects a store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.scrubbing import ANSWERED, scrubbed, scrubbed_query, scrubbed_xml
from listino.db import requests
from listino.db.engine import Connection, Database
from listino.db.requests import RequestRow as RequestRow
from listino.db.snapshot import stamp

KEPT_FOR = timedelta(days=7)
# So much of a body, of an answer and of a path is kept.
BYTES_KEPT_MAX = 2_048
ROWS_PER_WRITE = 200
WRITE_DEADLINE_S = 2.0
_CODE = b'"code":"'


class Seen(NamedTuple):
    """A request as it was answered, by whose key, `ago_us` before now; bodies cut off, and not yet scrubbed.

    Shapes:  code: of a refusal; None where it was none, or where it stands in the answer, a problem as JSON.
    """

    key_id: str
    method: str
    path: str
    query: bytes
    status: int
    duration_us: int
    ago_us: int
    request_id: str | None
    body: bytes | None
    answer: bytes | None
    code: str | None


def written_down(database: Database, seen: Sequence[Seen], now: datetime) -> None:
    """Keep requests, and of each key the newest alone.

    Errors:  Unavailable; what was not written then is not kept.
    """
    for start in range(0, len(seen), ROWS_PER_WRITE):
        rows = [_row(one, now) for one in seen[start : start + ROWS_PER_WRITE]]
        database.write(lambda tx, rows=rows: _write(tx, rows), WRITE_DEADLINE_S)  # type: ignore[misc]


def _write(tx: Connection, rows: list[RequestRow]) -> None:
    requests.add(tx, rows)
    requests.drop_oldest(tx, sorted({row.key_id for row in rows}))


def _row(seen: Seen, now: datetime) -> RequestRow:
    path = seen.path[:BYTES_KEPT_MAX]
    if seen.query:
        path = f"{path}?{scrubbed_query(seen.query[:BYTES_KEPT_MAX].decode(errors='replace'))}"
    at = now - timedelta(microseconds=seen.ago_us)
    return RequestRow(
        seen.key_id, stamp(at), seen.method, path, seen.status, _code_of(seen), seen.duration_us, seen.request_id,
        _kept(seen.body, answered=False), _kept(seen.answer, answered=True),
    )  # fmt: skip


def _code_of(seen: Seen) -> str | None:
    """The stable code of a refusal."""
    if seen.code is not None or seen.status < 400 or seen.answer is None:
        return seen.code
    found = seen.answer.partition(_CODE)[2].partition(b'"')[0]
    return found.decode(errors="replace") or None


def _kept(body: bytes | None, *, answered: bool) -> str | None:
    if not body:
        return None
    text = body[:BYTES_KEPT_MAX].decode(errors="replace").replace("\x00", "")
    names = {"names": ANSWERED} if answered else {}
    return scrubbed_xml(text, **names) if text.lstrip().startswith("<") else scrubbed(text, **names)


def listed(
    database: Database, filters: Mapping[str, str | int], before: int, limit: int
) -> list[tuple[int, RequestRow]]:
    """Requests before a place, the newest first; `filters` by key, path, status_min and status_max."""
    return requests.page(database.read().connection, filters, before, limit)


def forgotten(database: Database, now: datetime) -> None:
    """Forget what is older than is kept."""
    before = stamp(now - KEPT_FOR)
    while database.write(lambda tx: requests.forget(tx, before)) == requests.FORGOTTEN_PER_WRITE_MAX:
        pass

"""Server-sent events, read from a Listino elsewhere as they come."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import urllib3
from urllib3.exceptions import HTTPError

from listino.core.errors import Refused, Unavailable

CONNECT_S = 10.0
# A server gives a sign of life every 15 seconds.
SILENT_S = 40.0
PROBLEM_BYTES_MAX = 64 * 1024
LINE_BYTES_MAX = 1 << 20
CHUNK_BYTES = 4096


class ServerEvent(NamedTuple):
    """One event: its place in the stream, its name and what it says."""

    id: str | None
    event: str
    data: str


def events(url: str, headers: Mapping[str, str]) -> Iterator[ServerEvent]:
    """The events at an address, until the server ends them.

    Errors:  Refused (the answer's status as its code) where the server will have none of it; Unavailable where it
             cannot be reached, answers 5xx, 409 or 429, or falls silent.
    """
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=CONNECT_S, read=SILENT_S))
    try:
        answer = pool.request("GET", url, headers={"Accept": "text/event-stream", **headers}, preload_content=False)
        with answer:
            if answer.status != 200:
                raise _refusal(answer.status, answer.read(PROBLEM_BYTES_MAX))
            yield from _read(answer)
    except (HTTPError, OSError) as error:
        raise Unavailable(f"{url.partition('?')[0]} cannot be reached: {error}") from error
    finally:
        pool.clear()


def _refusal(status: int, body: bytes) -> Refused | Unavailable:
    text = f"The server answered {status}: {body.decode(errors='replace')[:1_000]}"
    if status >= 500 or status in {409, 429}:
        return Unavailable(text)
    return Refused(str(status), text)


def _read(answer: urllib3.BaseHTTPResponse) -> Iterator[ServerEvent]:
    fields: dict[str, str] = {}
    for line in _lines(answer):
        if not line:
            if "data" in fields:
                yield ServerEvent(fields.get("id"), fields.get("event", "message"), fields["data"])
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[str]:
    kept = b""
    while chunk := answer.read1(CHUNK_BYTES):
        kept += chunk
        *whole, kept = kept.split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
        if len(kept) > LINE_BYTES_MAX:
            raise Unavailable("The server sends a line without end.")

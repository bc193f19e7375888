"""`listino requests`: what stores asked last, and how they were answered."""

import sys
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.db.requests import RequestRow

SHOWN, SHOWN_MAX = 50, 1_000
LOOK_EVERY_S = 1.0
NEWEST = (1 << 62) - 1


def requests(
    *,
    key: Annotated[str | None, typer.Option("--key", help="Only this key's, by its id.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Only this status, as 404, or a class, as 4xx.")
    ] = None,
    path: Annotated[str | None, typer.Option("--path", help="Only paths that begin so.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=SHOWN_MAX, help="How many at most.")] = SHOWN,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with those that come, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print NDJSON for programs.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """List what was asked last over HTTP, the newest last, without anybody's data. Workers write it down every second.

    Shown are the last 1,000 of each key, of 7 days at most; what was sent and refused is in --json.
    """
    from listino.flows.requests import listed
    from listino.web.rest.requests import statuses

    filters: dict[str, str | int] = {**statuses(status)}
    filters |= {name: value for name, value in (("key", key), ("path", path)) if value is not None}
    with opened(database) as book:
        seen = listed(book, filters, NEWEST, limit)
        if not seen and not follow:
            screen.say("Nothing was asked.")
        last = _shown(seen, 0, as_json=as_json)
        while follow:
            sleep(LOOK_EVERY_S)
            last = _shown(listed(book, filters, NEWEST, SHOWN_MAX), last, as_json=as_json)


def _shown(seen: "list[tuple[int, RequestRow]]", behind: int, *, as_json: bool) -> int:
    """Print what came behind a place, and the place of the last."""
    from listino.web.answers import encode
    from listino.web.rest.requests import line

    for place, row in reversed(seen):
        if place <= behind:
            continue
        if as_json:
            sys.stdout.write(encode(line(place, row)).decode() + "\n")
        else:
            took = f"{row.duration_us / 1000:.1f} ms"
            screen.say(
                f"{row.at[:23]}Z  {row.key_id}  {row.status}  {took:>9}  {row.method} {row.path}  {row.code or ''}"
            )
    sys.stdout.flush()
    return max([behind, *(place for place, _ in seen)])

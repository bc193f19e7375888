"""A store takes over records: all of a kind page by page, or only what changed after the revision that it holds."""

import re
from dataclasses import dataclass
from typing import Any

from listino.core.errors import Fault, Gone, malformed
from listino.db.changed import Place, touched
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot, version
from listino.flows.facts import listed, read_out

# A page looks at so many records, or so many stretches of the change log, at most; it may be short, or empty, then.
LOOKED_AT_MAX = 20_000
STRETCHES_MAX = 10
_CURSOR = re.compile(r"([0-9]{1,17})(?::([0-9]{1,17})\.([0-9]{1,17})\.([0-9]{1,17})|/(.{0,64}))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Changed:
    """A record as it is, by its plain values; None: it has ended. `revision` changed or ended it."""

    code: str
    revision: int
    said: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Page:
    """Records as of one revision, which is the same for all pages; `following` is the cursor of the next page."""

    revision: int
    epoch: str
    records: list[Changed]
    following: str | None


def page(database: Database, kind: str, since: int | None, after: str | None, limit: int) -> Page:
    """A page of the records of a kind, by code; or of those that changed after a revision, as they changed.

    Errors:  Malformed for a revision that is not there yet and for what is no cursor; Gone for a revision so old that
             it is not known any more what ended since.
    """
    cursor = None
    if after is not None:
        cursor = _CURSOR.fullmatch(after)
        if cursor is None or (cursor[5] is None) != (since is not None):
            raise malformed("after", "not_a_cursor", "after is no cursor of this list.", "Send the next of a page.")
    reading = database.read()
    if cursor is not None and int(cursor[1]) > reading.revision:
        raise malformed("after", "not_a_cursor", "after is of another book.", "Begin with the first page.")
    book = snapshot(database, None if cursor is None else int(cursor[1]), reading)
    if since is None:
        return _whole(book, kind, "" if cursor is None else cursor[5], limit)
    _check_since(book, since)
    place = Place(since + 1) if cursor is None else Place(*(int(part) for part in cursor.groups()[1:4]))
    found, behind = _changes(book, kind, place, limit)
    following = None if behind is None else f"{book.revision}:{'.'.join(map(str, behind))}"
    return Page(book.revision, book.reading.epoch, found, following)


def _whole(book: Snapshot, kind: str, after: str, limit: int) -> Page:
    records, last = listed(book, kind, after, {}, (limit, LOOKED_AT_MAX), full=False)
    found = [Changed(said["code"], said["revision"], said) for said in records]
    return Page(book.revision, book.reading.epoch, found, None if last is None else f"{book.revision}/{last}")


def _check_since(book: Snapshot, since: int) -> None:
    if not 0 <= since <= book.revision:
        text = f"Revision {since} is not known; the last is {book.revision}."
        raise malformed("changed_since", "unknown_revision", text, "Send a revision that a page answered.")
    if since < book.reading.history_from:
        text = f"What changed since revision {since} is no longer kept; history begins at {book.reading.history_from}."
        fault = Fault("changed_since", "history_gone", text, "Take all records over: leave changedSince out.")
        raise Gone("history_gone", text, (fault,))


def _changes(book: Snapshot, kind: str, place: Place, limit: int) -> tuple[list[Changed], Place | None]:
    """The records that changed from a place on, and the place behind the last of them, if there may be more.

    A record that a later revision touched again is told there, so that each comes with its newest revision.
    """
    found: dict[str, Changed] = {}
    stretches = 0
    for behind, code in touched(book, kind, place):
        if code is not None and code not in found:
            now = version(book, kind, code)
            if now is None or now.since == behind.revision:
                if len(found) == limit:
                    return list(found.values()), place
                read = None if now is None else read_out(book, now, full=False)
                found[code] = Changed(code, behind.revision, None if read is None else read.said)
        stretches += code is None
        place = behind
        if stretches == STRETCHES_MAX:
            return list(found.values()), place
    return list(found.values()), None

"""Which records of a kind were brought or ended after a revision: read along the change log."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from listino.core.keys import SEPARATOR, code_key
from listino.db.change_log import RECORDS_SHOWN_MAX
from listino.db.schema import OPEN, STAGED
from listino.db.snapshot import ROWS_PER_LOOK, Snapshot

SETS_PER_QUERY = 500
_SETS = (
    "SELECT id, revision, ended, first_fact, last_fact FROM change_set WHERE revision >= ? AND revision <= ? "
    "ORDER BY revision LIMIT ?"
)
_FACTS = "SELECT id, code FROM fact WHERE id > ? AND id <= ? AND key >= ? AND key < ? AND since IN (?, ?) ORDER BY id"
# An import says in its header only the first of what it ended: the others are found by their kind.
_ENDED = (
    "SELECT code FROM code_of WHERE code >= ? AND code < ? AND ended IN (?, ?) AND NOT EXISTS "
    f"(SELECT 1 FROM code_of AS now WHERE now.code = code_of.code AND now.ended = {OPEN}) ORDER BY code"
)
_decode_ended = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


class Place(NamedTuple):
    """How far the change log was read: a revision, and how many of its endings and which of its facts."""

    revision: int
    endings: int = 0
    fact: int = 0


def touched(book: Snapshot, kind: str, place: Place) -> Iterator[tuple[Place, str | None]]:
    """The codes that revisions brought or ended from a place on, each with the place behind it.

    Shapes:  a code comes for each revision that touched it; None: many facts of other kinds were looked at.
    """
    start, end = code_key(kind, ""), code_key(kind, chr(0x10FFFF))
    execute = book.reading.connection.execute
    while True:
        sets = execute(_SETS, (place.revision, book.revision, SETS_PER_QUERY)).fetchall()
        for change_set, revision, ended, first, last in sets:
            here = place if revision == place.revision else Place(revision)
            marks = (revision, STAGED + change_set)
            gone = _decode_ended(ended) if ended else ()
            if len(gone) >= RECORDS_SHOWN_MAX:
                rows = execute(_ENDED, (start, end, *marks)).fetchall()
                gone = tuple((kind, name.partition(SEPARATOR)[2]) for (name,) in rows)
            for number, (other, code) in enumerate(gone[here.endings :], here.endings + 1):
                if other == kind:
                    yield Place(revision, number, here.fact), code
            lower = max((first or 1) - 1, here.fact)
            while lower < (last or 0):
                upper = min(last, lower + ROWS_PER_LOOK)
                for fact, code in execute(_FACTS, (lower, upper, start, end, *marks)).fetchall():
                    yield Place(revision, len(gone), fact), code
                lower = upper
                yield Place(revision, len(gone), upper), None
        if len(sets) < SETS_PER_QUERY:
            return
        place = Place(sets[-1][1] + 1)

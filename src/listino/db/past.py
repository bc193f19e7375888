"""The book as it was: some keys as of any revision since a floor, read at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from listino.core.keys import code_key
from listino.core.ready import Ready
from listino.core.rules import Rule
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Reading
from listino.db.schema import OPEN, STAGED
from listino.db.snapshot import KEYS_PER_QUERY, Snapshot, stamp

# A question into the past reads no more versions than this.
VERSIONS_MAX = 20_000

_SINCE = (
    "SELECT key, since, ended, body FROM fact WHERE ended > ? AND key IN ({places}) ORDER BY id LIMIT "
    f"{VERSIONS_MAX + 1}"
)


@dataclass(slots=True)
class _Version:
    """A version of a fact: the revisions between which it held, and the fact once somebody wants it."""

    since: int
    ended: int
    body: str
    fact: Any = None


class Past:
    """All versions of the facts under some keys from a revision on."""

    def __init__(self, book: Snapshot, floor: int) -> None:
        self.floor = floor
        self.is_full = False
        self.shapes = tuple(shape for (shape,) in book.reading.connection.execute("SELECT shape FROM key_shape"))
        self._book = book
        self._versions: dict[str, list[_Version]] = {}
        self._read = 0

    def learn(self, keys: Iterable[str]) -> None:
        """Read what stood under keys; `is_full` says that there are too many versions to go on."""
        missing = [key for key in keys if key not in self._versions]
        connection, staged = self._book.reading.connection, self._book.reading.staged
        for start in range(0, len(missing), KEYS_PER_QUERY):
            chunk = missing[start : start + KEYS_PER_QUERY]
            self._versions.update((key, []) for key in chunk)
            sql = _SINCE.format(places=",".join("?" * len(chunk)))
            for key, since, ended, body in connection.execute(sql, (self.floor, *chunk)):
                self._read += 1
                version = _Version(_became(since, staged), _became(ended, staged), body)
                self._versions[key].append(version)
            self.is_full = self.is_full or self._read > VERSIONS_MAX

    def last_change(self, upto: int) -> int | None:
        """The last revision up to one, but above the floor, that brought or ended something that was learnt."""
        floor = self.floor
        return max(
            [
                revision
                for versions in self._versions.values()
                for version in versions
                for revision in (version.since, version.ended)
                if floor < revision <= upto
            ],
            default=None,
        )

    def as_of(self, revision: int) -> Snapshot:
        """The book as of a revision not below the floor; what was learnt is at hand."""
        known = {
            key: tuple([_fact(key, one) for one in versions if one.since <= revision < one.ended])
            for key, versions in self._versions.items()
        }
        return replace(self._book, revision=revision, shapes=self.shapes, newest=False, known=known)


def _became(mark: int, staged: dict[int, int]) -> int:
    """A revision as it is stored: the mark of a staged change set is the revision that it became, or none yet."""
    return staged.get(mark - STAGED, OPEN) if STAGED <= mark < OPEN else mark


def _fact(key: str, version: _Version) -> Any:
    if version.fact is None:
        fact = fact_of(kind_of_key(key), version.body)
        version.fact = Ready(fact) if isinstance(fact, Rule) else fact
    return version.fact


def revision_before(reading: Reading, at: datetime) -> int:
    """The last revision that was committed before an instant; 0 before the first."""
    sql = (
        "SELECT revision FROM change_set WHERE at < ? AND revision IS NOT NULL ORDER BY at DESC, revision DESC LIMIT 1"
    )
    row = reading.connection.execute(sql, (stamp(at),)).fetchone()
    return row[0] if row is not None else 0


def committed_at(reading: Reading, revision: int) -> datetime:
    """When a revision was committed."""
    (at,) = reading.connection.execute("SELECT at FROM change_set WHERE revision = ?", (revision,)).fetchone()
    return datetime.fromisoformat(at)


def first_revision_of(reading: Reading, kind: str, code: str) -> int:
    """The revision that brought the oldest version of a record that is still kept."""
    sql = "SELECT fact.since FROM code_of JOIN fact ON fact.id = code_of.fact WHERE code_of.code = ?"
    rows = reading.connection.execute(sql, (code_key(kind, code),)).fetchall()
    return min([_became(since, reading.staged) for (since,) in rows], default=OPEN)

"""Somebody asks how far the book follows its management systems, and what of them is not in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from listino.core.keys import SEPARATOR
from listino.db import mirror
from listino.db.engine import Connection, Database
from listino.db.mirror import SourceRow
from listino.db.snapshot import stamp

PROBLEMS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MirrorProblem:
    """Something of a system that is not in the book as it stands there."""

    kind: str
    code: str
    at: str
    reason: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class MirrorSource:
    """How far a system is followed.

    Shapes:  held: by kind, how many records came from it; to_confirm: by kind, how many would end and of how many,
             until a person confirms it; problems: the first of problems_total.
    Units:   lag_s: since the moment as of which the book holds what the system says; None while it never was.
    """

    source: str
    cursor: str | None
    begun_at: str | None
    kept_at: str | None
    full_at: str | None
    lag_s: int | None
    is_running: bool
    failure: str | None
    held: Mapping[str, int]
    to_confirm: Mapping[str, Mapping[str, int]]
    revision: int | None
    read: int
    changed: int
    ended: int
    problems_total: int
    problems: tuple[MirrorProblem, ...]


def sources_of(database: Database, now: datetime, problems_shown: int = PROBLEMS_SHOWN) -> tuple[MirrorSource, ...]:
    """How far the book follows its management systems."""
    return sources_in(database.read().connection, now, problems_shown)


def sources_in(connection: Connection, now: datetime, problems_shown: int) -> tuple[MirrorSource, ...]:
    """The same, read on a connection."""
    return tuple(_source(connection, row, now, problems_shown) for row in mirror.sources(connection))


def lags_of(database: Database, now: datetime) -> dict[str, int]:
    """By system, for how many seconds it has not been followed; those never followed are left out."""
    rows = mirror.sources(database.read().connection)
    return {row.source: lag for row in rows if (lag := _lag(row.kept_at, now)) is not None}


def _lag(kept_at: str | None, now: datetime) -> int | None:
    """Whole seconds since a moment, never below 0."""
    if kept_at is None:
        return None
    return max(0, (now - datetime.fromisoformat(kept_at)) // timedelta(seconds=1))


def _source(connection: Connection, row: SourceRow, now: datetime, problems_shown: int) -> MirrorSource:
    return MirrorSource(
        source=row.source,
        cursor=row.cursor,
        begun_at=row.begun_at,
        kept_at=row.kept_at,
        full_at=row.full_at,
        lag_s=_lag(row.kept_at, now),
        is_running=row.lease_until is not None and row.lease_until > stamp(now),
        failure=row.failure,
        held=msgspec.json.decode(row.held, type=dict[str, int]) if row.held else {},
        to_confirm=msgspec.json.decode(row.to_confirm, type=dict[str, dict[str, int]]) if row.to_confirm else {},
        revision=row.revision,
        read=row.records_read,
        changed=row.changed,
        ended=row.ended,
        problems_total=mirror.count_problems(connection, row.source),
        problems=tuple(
            MirrorProblem(*_place(one.name), one.at, one.reason, one.text, one.remedy)
            for one in mirror.problems(connection, row.source, problems_shown)
        ),
    )


def _place(name: str) -> tuple[str, str]:
    kind, _, code = name.partition(SEPARATOR)
    return kind, code.replace(SEPARATOR, " / ")

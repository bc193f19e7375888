"""What the drops in the inbox tell: only what changed since they were last read, file by file."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from listino.connectors.erp_files.reading import rows_of
from listino.connectors.erp_files.settings import Drop, FilesSettings
from listino.connectors.erp_files.state import State, begin_round, end_round
from listino.core.errors import Unavailable
from listino.core.mapping import Mapped, Unmapped, Unreadable
from listino.ports import News, Record, Untranslated

RECORDS_PER_PAGE = 1_000
# Of what cannot be read in a file, so much is told; the rest is counted.
TOLD_PER_FILE_MAX = 100
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


def news(settings: FilesSettings, state: State, since: str | None) -> Iterator[News]:
    """What the files tell that was not told before; without a cursor all that they ever told.

    A file is put away once the cursor that holds it comes back: until then it is read again.
    Errors:  Unavailable, where a folder is gone.
    """
    with state.opened(writing=True) as tx:
        for mark in begin_round(tx, since):
            _put_away_read(settings, mark)
    waiting = settled_files(settings.inbox, settings.settled_after_s)
    untranslated: list[Untranslated] = []
    read: list[str] = []
    with state.opened(writing=True) as tx:
        for path in waiting:
            drop = next((drop for drop in settings.drops if drop.means(path.name)), None)
            if drop is None:
                text = "No mapping means this file."
                untranslated.append(Untranslated("files", path.name, text, "Add it to [[facts]], or take it away."))
                continue
            mark = _mark(path)
            untranslated += _taken_in(tx, path, drop, settings.ended_percent_max)
            read.append(mark)
        if since is not None and not read:
            yield News((), since, tuple(untranslated))
            return
        cursor = end_round(tx, read)
    pages = _pages(state, everything=since is None)
    page = next(pages, ())
    for following in pages:
        yield News(page, None, complete=since is None)
        page = following
    yield News(page, cursor, tuple(untranslated), complete=since is None)


def settled_files(folder: Path, settled_after_s: float) -> list[Path]:
    """The files of a folder that nobody writes any more, the oldest first.

    Errors:  Unavailable, where the folder is not there (a network drive that is gone).
    """
    try:
        found = [(path.stat().st_mtime, path.name, path) for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise Unavailable(f"{folder} cannot be read: {error.strerror}.") from None
    latest = time.time() - settled_after_s
    return [
        path
        for changed, name, path in sorted(found)
        if changed <= latest and not name.startswith((".", "~$")) and not name.lower().endswith(UNFINISHED)
    ]


def _mark(path: Path) -> str:
    """A file as it is now: another that takes its name is not the one that was read."""
    stat = path.stat()
    return f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size} {path.name}"


def _put_away_read(settings: FilesSettings, mark: str) -> None:
    path = settings.inbox / mark.split(" ", 3)[3]
    if path.exists() and _mark(path) == mark:
        put_away(path, settings.archive)


def put_away(path: Path, archive: Path) -> None:
    """Move a file that was read into the archive; one of the same name there is kept."""
    archive.mkdir(parents=True, exist_ok=True)
    target, number = archive / path.name, 1
    while target.exists():
        number += 1
        target = archive / f"{path.stem}-{number}{path.suffix}"
    path.replace(target)


def _taken_in(tx: sqlite3.Connection, path: Path, drop: Drop, ended_percent_max: int) -> Iterator[Untranslated]:
    """Put what a file tells anew, or otherwise than before, beside what is known."""
    tx.execute("DELETE FROM named")
    wrong = 0
    try:
        for found in drop.mapping.facts(rows_of(path, drop)):
            if isinstance(found, Unmapped):
                wrong += 1
                if wrong <= TOLD_PER_FILE_MAX:
                    remedy = "Correct the row and drop the file again, or its mapping."
                    yield Untranslated(drop.mapping.kind, found.code or path.name, f"{path.name}: {found.text}", remedy)
                continue
            _note(tx, drop, found)
    except (Unreadable, OSError) as error:
        remedy = "Nothing of it that follows is read. Drop a file that can be."
        yield Untranslated("files", path.name, f"{path.name}: {error}.", remedy)
        return
    if wrong > TOLD_PER_FILE_MAX:
        text = f"{path.name}: {wrong - TOLD_PER_FILE_MAX} more rows cannot be read."
        yield Untranslated(drop.mapping.kind, path.name, text)
    if drop.complete:
        yield from _ended(tx, path, drop, unread=wrong, percent_max=ended_percent_max)


def _note(tx: sqlite3.Connection, drop: Drop, found: Mapped) -> None:
    name = (drop.mapping.kind, found.code)
    body = None if found.said is None else json.dumps(found.said, ensure_ascii=False, sort_keys=True)
    tx.execute("INSERT INTO named (kind, code) VALUES (?, ?) ON CONFLICT DO NOTHING", name)
    known = tx.execute("SELECT body FROM fact WHERE kind = ? AND code = ?", name).fetchone()
    if (known[0] if known is not None else None) == body:
        tx.execute("DELETE FROM fresh WHERE kind = ? AND code = ?", name)
        return
    tx.execute(
        "INSERT INTO fresh (kind, code, drop_name, body) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind, code) DO UPDATE SET body = excluded.body, drop_name = excluded.drop_name",
        (*name, drop.pattern, body),
    )


def _ended(tx: sqlite3.Connection, path: Path, drop: Drop, *, unread: int, percent_max: int) -> Iterator[Untranslated]:
    """What a complete file of these no longer names is gone; unless that is so much that the file must be wrong."""
    where = "kind = ? AND drop_name = ?"
    bound = (drop.mapping.kind, drop.pattern)
    missing = f"{where} AND code NOT IN (SELECT code FROM named WHERE kind = ?)"
    (known,) = tx.execute(f"SELECT count(*) FROM fact WHERE {where}", bound).fetchone()
    (gone,) = tx.execute(f"SELECT count(*) FROM fact WHERE {missing}", (*bound, drop.mapping.kind)).fetchone()
    if gone and (unread or gone * 100 > known * percent_max):
        why = f"{unread} rows could not be read" if unread else f"that is more than {percent_max} % of {known}"
        text = f"{path.name} no longer names {gone} of {drop.mapping.kind}, and {why}: they stay."
        yield Untranslated("files", path.name, text, "Drop a whole file; or raise files.ended_percent_max for once.")
        return
    tx.execute(
        f"INSERT INTO fresh (kind, code, drop_name, body) SELECT kind, code, drop_name, NULL FROM fact WHERE {missing} "
        "ON CONFLICT (kind, code) DO UPDATE SET body = NULL",
        (*bound, drop.mapping.kind),
    )


def _pages(state: State, *, everything: bool) -> Iterator[tuple[Record, ...]]:
    """What is fresh; or everything, as it is with it."""
    fresh = "SELECT kind, code, body FROM fresh"
    sql = fresh
    if everything:
        sql = (
            f"{fresh} WHERE body IS NOT NULL UNION ALL SELECT kind, code, body FROM fact "
            "WHERE (kind, code) NOT IN (SELECT kind, code FROM fresh)"
        )
    with state.opened() as connection:
        rows = connection.execute(f"{sql} ORDER BY 1, 2")
        while page := rows.fetchmany(RECORDS_PER_PAGE):
            yield tuple(Record(kind, code, None if body is None else _said(body)) for kind, code, body in page)


_said: Callable[[str], Any] = json.loads


def knows(state: State, items: tuple[str, ...]) -> list[str]:
    """The items of some that no file has told of; none where no file told of any item."""
    with state.opened() as connection:
        told = "SELECT 1 FROM (SELECT kind, code FROM fact UNION SELECT kind, code FROM fresh) WHERE kind = 'items'"
        if connection.execute(f"{told} LIMIT 1").fetchone() is None:
            return []
        return [item for item in items if connection.execute(f"{told} AND code = ?", (item,)).fetchone() is None]

"""Copies of a database: one taken while others write, and one put in the place of the database."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from shutil import copymode

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Fault, Malformed, Unavailable, malformed
from listino.db import people
from listino.db.engine import Connection, connected
from listino.db.erasures import sync_folder
from listino.db.locks import InUse
from listino.db.migrate import HEAD
from listino.db.time_line import begin_anew

FAULTS_SHOWN_MAX = 5


def copy(database: Path, target: Path) -> None:
    """Write a whole, checked copy of a database, as of one moment, while others go on writing.

    Errors:  Malformed where the target exists; Unavailable where the copy is not sound.
    """
    if target.exists():
        raise malformed("file", "exists", f"{target} exists already.", "Name a new file; a backup overwrites nothing.")
    part = target.with_name(target.name + ".part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(connected(database, writing=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        _sync(part)
        faults = faults_in(part)
        if faults:
            raise Unavailable(f"The copy is not sound: {'; '.join(faults)}. Run `listino doctor`.", code="damaged")
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)


def faults_in(path: Path) -> list[str]:
    """What SQLite finds wrong with a file; nothing when it is sound."""
    try:
        with closing(_reading(path)) as connection:
            found = [row[0] for row in connection.execute(f"PRAGMA quick_check({FAULTS_SHOWN_MAX})")]
    except sqlite.Error as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def _reading(path: Path) -> Connection:
    return sqlite.connect(path.absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None)


def check_copy(path: Path) -> None:
    """Refuse what is not a sound database of this version's schema.

    Errors:  Malformed.
    """
    if not path.is_file():
        raise malformed("file", "not_found", f"There is no file {path}.", "Name a file that `listino backup` wrote.")
    faults = faults_in(path)
    if faults:
        text = f"{path} is not a sound database: {'; '.join(faults)}."
        raise malformed("file", "damaged", text, "Take another backup.")
    with closing(_reading(path)) as connection:
        try:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        except sqlite.Error:
            text = f"{path} is a database of something else."
            raise malformed("file", "not_ours", text, "Name a file that `listino backup` wrote.") from None
    if version != HEAD:
        text = f"{path} has schema {version}, this program works with {HEAD}."
        remedy = "Restore it with the version that wrote it, then run `listino migrate` with this one."
        raise Malformed("other_schema", text, (Fault("file", "other_schema", text, remedy),))


@contextmanager
def kept_from_others(database: Path) -> Iterator[None]:
    """Have a database for oneself.

    Errors:  Unavailable while any process uses it.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    mark = InUse(database)
    try:
        if not mark.alone():
            text = f"database: {database} is in use. Stop `listino serve` and other commands first."
            raise Unavailable(text, code="in_use")
        yield
    finally:
        mark.close()


def put_in_place(
    backup: Path, database: Path, forget: Mapping[str, str], revoked: Mapping[str, str], now: datetime
) -> Path | None:
    """Put a copy in the place of a database that nobody uses; the old one is kept aside: its new path.

    The copy begins a new time line, forgets whom it must, and revokes what was revoked since.
    """
    fresh = Path(f"{database}-restoring")
    _remove(fresh)
    with backup.open("rb") as source, open(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as target:
        while block := source.read(8 << 20):
            target.write(block)
    with closing(connected(fresh, writing=True)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        begin_time_line(connection, forget, revoked, now)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if database.exists():
        copymode(database, fresh)
    _sync(fresh)
    aside = _set_aside(database, now) if database.exists() else None
    fresh.replace(database)
    sync_folder(database.parent)
    return aside


def begin_time_line(
    connection: Connection, forget: Mapping[str, str], revoked: Mapping[str, str], now: datetime
) -> None:
    """Let a restored book begin a new time line, in which is forgotten who must be. Joins the caller's transaction."""
    done = people.erased(connection)
    for customer, at in forget.items():
        if done.get(customer, "") < at:
            people.erase(connection, customer, datetime.fromisoformat(at))
    for key_id, at in revoked.items():
        connection.execute("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, key_id))
    begin_anew(connection, now)


def _set_aside(database: Path, now: datetime) -> Path:
    """Give the old database a second name; the first stays its name until the new file takes it."""
    # A log that cannot be moved into its file is damaged with it and goes along.
    with suppress(sqlite.Error), closing(connected(database, writing=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    aside = Path(f"{database}-before-restore-{now:%Y%m%dT%H%M%S}")
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{database.name}-before-restore-{now:%Y%m%dT%H%M%S}-{number}")
    os.link(database, aside)
    log = Path(f"{database}-wal")
    if log.exists():
        log.rename(f"{aside}-wal")
    Path(f"{database}-shm").unlink(missing_ok=True)
    return aside


def whom_to_forget(path: Path) -> dict[str, str]:
    """The erasures that a database notes; none where it cannot be read."""
    return _pairs(path, "SELECT person, at FROM erasure")


def revoked_keys(path: Path) -> dict[str, str]:
    """The API keys that a database knows to be revoked, with when; none where it cannot be read."""
    return _pairs(path, "SELECT id, revoked_at FROM api_key WHERE revoked_at IS NOT NULL")


def _pairs(path: Path, sql: str) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        with closing(_reading(path)) as connection:
            return dict(connection.execute(sql).fetchall())
    except sqlite.Error:
        return {}


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

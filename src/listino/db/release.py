"""What becomes of a staged change set's marks: settled to its revision, or taken back when its import died."""

from datetime import datetime
from typing import Any

from listino.core.keys import SEPARATOR
from listino.db.book import forget_references, published_revision
from listino.db.chunks import Chunks
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Connection, Database
from listino.db.schema import OPEN, STAGED
from listino.db.snapshot import stamp

# The key of the mark that a record without successor leaves; no kind of fact has this name.
ENDS = "ends"

# The name under which a fact's code stands ("kind U+001F code"), told from its key.
_NAME = (
    f"CASE WHEN substr(fact.key, 1, {len(ENDS) + 1}) = '{ENDS}{SEPARATOR}' THEN substr(fact.key, {len(ENDS) + 2}) ELSE "
    "CASE WHEN fact.key = '' OR (fact.key >= 'A' AND fact.key < '[') THEN 'rules' "
    f"ELSE substr(fact.key, 1, instr(fact.key, '{SEPARATOR}') - 1) END || '{SEPARATOR}' || fact.code END"
)
_REPLACED = (
    f"SELECT fact.id, fact.key, code_of.code, old.id, old.key, old.body FROM fact "
    f"JOIN code_of ON code_of.code = {_NAME} AND code_of.ended = fact.since JOIN fact AS old "
    "ON old.id = code_of.fact WHERE fact.since = ? AND fact.id > ? AND fact.id <= ? ORDER BY fact.id LIMIT ?"
)
_BROUGHT = (
    f"SELECT fact.id, fact.key, {_NAME}, fact.body FROM fact "
    "WHERE fact.since = ? AND fact.id > ? AND fact.id <= ? ORDER BY fact.id LIMIT ?"
)
_UNFINISHED = (
    "SELECT id, revision, lease_until FROM change_set WHERE staged = 1 AND state IN ('staging', 'abandoned', "
    "'published') AND lease_until IS NOT NULL ORDER BY id"
)


def released(database: Database, now: datetime) -> int:
    """Finish what died: take back the marks of imports whose lease is over, settle what was published.

    To be called when a server starts and before an import. Tells how many change sets were finished.
    """
    rows = database.read().connection.execute(_UNFINISHED).fetchall()
    over = [(change_set, revision) for change_set, revision, lease_until in rows if lease_until < stamp(now)]
    for change_set, revision in over:
        if revision is not None:
            settle(database, change_set, revision)
        else:
            release(database, change_set)
    return len(over)


def settle(database: Database, change_set: int, revision: int) -> None:
    """Give what a published change set ended its real revision, in chunks; everything reads the same after it."""
    mark, chunks = STAGED + change_set, Chunks(database)
    after, last = _range(database, change_set)
    while rows := _page(database, _REPLACED, (mark, after, last, chunks.size)):
        chunks.write(lambda tx, rows=rows: _settle(tx, rows, mark, revision))  # type: ignore[misc]
        after = rows[-1][0]
    _finished(database, change_set)


def _settle(tx: Connection, rows: list[Any], mark: int, revision: int) -> None:
    for fact, key, name, old, old_key, old_body in rows:
        tx.execute("UPDATE fact SET ended = ? WHERE id = ? AND ended = ?", (revision, old, mark))
        tx.execute("UPDATE code_of SET ended = ? WHERE code = ? AND ended = ?", (revision, name, mark))
        forget_references(tx, old, fact_of(kind_of_key(old_key), old_body))
        if kind_of_key(key) == ENDS:
            tx.execute("DELETE FROM fact WHERE id = ?", (fact,))


def release(database: Database, change_set: int) -> None:
    """Take back all that an unpublished change set has marked, in chunks; the book reads the same after it.

    One that was published after all, while its importer was told to stop, is settled instead.
    """
    revision = database.write(lambda tx: _abandoned(tx, change_set))
    if revision is not None:
        settle(database, change_set, revision)
        return
    mark, chunks = STAGED + change_set, Chunks(database)
    after, last = _range(database, change_set)
    while rows := _page(database, _BROUGHT, (mark, after, last, chunks.size)):
        chunks.write(lambda tx, rows=rows: _release(tx, rows, change_set))  # type: ignore[misc]
        after = rows[-1][0]
    _finished(database, change_set)


def _abandoned(tx: Connection, change_set: int) -> int | None:
    """Give a change set up, so that it cannot be published any more; its revision when it has been."""
    tx.execute("UPDATE change_set SET state = 'abandoned' WHERE id = ? AND state = 'staging'", (change_set,))
    return published_revision(tx, change_set)


def _release(tx: Connection, rows: list[Any], change_set: int) -> None:
    (state,) = tx.execute("SELECT state FROM change_set WHERE id = ?", (change_set,)).fetchone()
    if state != "abandoned":
        raise RuntimeError(f"Change set {change_set} is {state}: its marks are not to be taken back.")
    mark = STAGED + change_set
    for fact, key, name, body in rows:
        tx.execute("DELETE FROM code_of WHERE code = ? AND ended = ? AND fact = ?", (name, OPEN, fact))
        kind = kind_of_key(key)
        if kind != ENDS:
            forget_references(tx, fact, fact_of(kind, body))
        old = tx.execute("SELECT fact FROM code_of WHERE code = ? AND ended = ?", (name, mark)).fetchone()
        if old is not None:
            tx.execute("UPDATE code_of SET ended = ? WHERE code = ? AND ended = ?", (OPEN, name, mark))
            tx.execute("UPDATE fact SET ended = ? WHERE id = ? AND ended = ?", (OPEN, old[0], mark))
        tx.execute("DELETE FROM fact WHERE id = ? AND since = ?", (fact, mark))


def _range(database: Database, change_set: int) -> tuple[int, int]:
    sql = "SELECT coalesce(first_fact - 1, 0), coalesce(last_fact, 0) FROM change_set WHERE id = ?"
    found: tuple[int, int] = database.read().connection.execute(sql, (change_set,)).fetchone()
    return found


def _page(database: Database, sql: str, bounds: tuple[int, int, int, int]) -> list[Any]:
    rows: list[Any] = database.read().connection.execute(sql, bounds).fetchall()
    return rows


def _finished(database: Database, change_set: int) -> None:
    sql = "UPDATE change_set SET lease_until = NULL WHERE id = ?"
    database.write(lambda tx: tx.execute(sql, (change_set,)) and None)

"""What a file still holds after it was deleted: looked for byte by byte, and written over."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from listino.db.engine import Connection, connected, connected_to
from listino.db.locks import Turnstile

READ_BYTES = 8 << 20
LOG_WAIT_S = 15.0
LOG_TRY_MS = 300
PAUSE_S = 0.05
# Where words of a person could stand by a person's hand, beside the table that may be overwritten.
PLACES = (
    ("person", "body", "other persons"),
    ("orders", "message", "orders"),
    ("orders", "answer", "orders"),
    ("orders", "first_answer", "orders"),
    ("orders", "number", "numbers of orders"),
    ("order_step", "text", "histories of orders"),
    ("change_set", "reason", "reasons of changes"),
    ("change_set", "actor", "actors of changes"),
    ("api_key", "name", "names of keys"),
    ("fact", "body", "records of the book"),
)


def files_of(database: Path) -> list[Path]:
    """Every file of a database: itself, its log, its locks and lists, and copies kept beside it."""
    beside = sorted(database.parent.glob(f"{_literal(database.name)}-*"))
    return [path for path in (database, *beside) if path.is_file()]


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def found_in(path: Path, words: Iterable[bytes]) -> set[bytes]:
    """Which of the words stand anywhere in a file's bytes."""
    wanted, found = set(words), set()
    overlap = max((len(word) for word in wanted), default=1) - 1
    with path.open("rb") as file:
        tail = b""
        while wanted and (block := file.read(READ_BYTES)):
            window = tail + block
            met = {word for word in wanted if word in window}
            found |= met
            wanted -= met
            tail = window[-overlap:] if overlap else b""
    return found


def places_of(connection: Connection, word: str) -> Iterator[str]:
    """In which records a word stands now."""
    for table, column, name in PLACES:
        sql = f"SELECT 1 FROM {table} WHERE instr({column}, ?) > 0 LIMIT 1"
        if connection.execute(sql, (word,)).fetchone() is not None:
            yield name


def log_emptied(database: Path) -> bool:
    """Move the write-ahead log into the file and cut it to nothing; False while readers hold it for too long."""
    end = monotonic() + LOG_WAIT_S
    with _alone_writing(database) as (connection, turnstile):
        connection.execute(f"PRAGMA busy_timeout={LOG_TRY_MS}")
        while True:
            with turnstile.turn():
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
            if monotonic() > end:
                return False
            sleep(PAUSE_S)


def rewrite(database: Path) -> None:
    """Write the whole database anew, so that nothing stands between its rows. Others wait to write meanwhile."""
    with _alone_writing(database) as (connection, turnstile), turnstile.turn():
        connection.execute("VACUUM")


def rewrite_people(url: str) -> None:
    """Write the table of what is personal anew on a server, so that nothing stands between its rows."""
    connection = connected_to(url, writing=True)
    try:
        connection.execute("VACUUM FULL person")
    finally:
        connection.close()


@contextmanager
def _alone_writing(database: Path) -> Iterator[tuple[Connection, Turnstile]]:
    connection, turnstile = connected(database, writing=True), Turnstile(database)
    try:
        yield connection, turnstile
    finally:
        connection.close()
        turnstile.close()


def still_in(paths: Sequence[Path], words: Iterable[bytes]) -> dict[Path, set[bytes]]:
    """The files in which words stand, with these words."""
    wanted = list(words)
    return {path: found for path in paths if (found := found_in(path, wanted))}

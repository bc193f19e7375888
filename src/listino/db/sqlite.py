"""SQLite's ways: a file with our settings, turns by file locks, and a log that is kept short."""

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from urllib.parse import unquote, urlsplit

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Unavailable
from listino.db.connection import Connection
from listino.db.locks import Turnstile

# SQLite before this has a fault in its write-ahead log that can corrupt with several connections.
SQLITE_VERSION_MIN = (3, 51, 3)
BUSY_TIMEOUT_MS = 10_000
READ_CACHE_KIB = 8_000
MMAP_BYTES = 1 << 32
WAL_CHECKPOINT_BYTES = 8 << 20
WAL_TRUNCATE_BYTES = 40 << 20
WAL_TRUNCATE_PAUSE_S = 1.0


def file_of(url: str) -> Path | None:
    """The file that a `sqlite:///PATH` URL names (four slashes for a path from the root); None for another URL."""
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or not parts.path[1:]:
        return None
    return Path(unquote(parts.path[1:])).expanduser().absolute()


def connected(path: Path, *, writing: bool) -> Connection:
    """A connection with our settings: write-ahead log, full sync, deleted content overwritten."""
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA cache_size=-{READ_CACHE_KIB * (4 if writing else 1)}")
    connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
    connection.execute("PRAGMA temp_store=MEMORY")
    if writing:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    else:
        connection.execute("PRAGMA query_only=ON")
    return connection


def check_engine() -> None:
    """Refuse to work with a SQLite that can corrupt its file."""
    if sqlite.sqlite_version_info < SQLITE_VERSION_MIN:
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise Unavailable(
            f"SQLite {sqlite.sqlite_version} can corrupt its file; {wanted} or later is needed: "
            "install the locked pysqlite3 wheel (make install).",
            code="sqlite_too_old",
        )


def log_header(path: Path) -> mmap.mmap:
    """The header of the log's index, as all processes share it: looking at it costs no system call.

    Its file is never closed again: closing any descriptor of it would take away the locks that SQLite
    holds on it in this process (POSIX advisory locks). Hence only for a process with one database.
    """
    descriptor = os.open(f"{path}-shm", os.O_RDONLY | os.O_CLOEXEC)
    return mmap.mmap(descriptor, mmap.PAGESIZE, access=mmap.ACCESS_READ)


class FileOutlet:
    """The way of a writing thread into a file: a turn among all processes, and the log kept short after it."""

    failures: tuple[type[Exception], ...] = (sqlite.OperationalError,)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = Path(f"{path}-wal")
        self._turnstile = Turnstile(path)
        self._log_grew = threading.Event()
        self._cut_at_s = 0.0
        self._closed = False
        self._tidying: threading.Thread | None = None

    def connected(self) -> Connection:
        """A connection that may write; from the first on the log is tidied beside it."""
        if self._tidying is None:
            self._tidying = threading.Thread(target=self._checkpoint_all, name="listino-checkpoint", daemon=True)
            self._tidying.start()
        return connected(self._path, writing=True)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The turn of this process among all; as long as it takes."""
        with self._turnstile.turn():
            yield

    def begin(self, connection: Connection) -> None:
        """Begin a transaction that sees all that was committed before."""
        connection.execute("BEGIN IMMEDIATE")

    def committed(self, connection: Connection) -> None:
        """Have the log moved into the file as it grows; cut it when it is long and nobody reads in it."""
        with suppress(OSError, sqlite.Error):
            size = self._log.stat().st_size
            if size > WAL_CHECKPOINT_BYTES:
                self._log_grew.set()
            if size > WAL_TRUNCATE_BYTES and monotonic() - self._cut_at_s > WAL_TRUNCATE_PAUSE_S:
                self._cut_at_s = monotonic()
                with self._turnstile.turn():
                    # A long reader is not waited for: all writers would wait with us.
                    connection.execute("PRAGMA busy_timeout=0")
                    try:
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    finally:
                        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    def _checkpoint_all(self) -> None:
        """Move the write-ahead log into the file while others read and write."""
        connection = connected(self._path, writing=True)
        while not self._closed:
            self._log_grew.wait()
            self._log_grew.clear()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite.Error:
                continue  # The writer reports what is wrong with the disk; this only tidies.
        connection.close()

    def close(self) -> None:
        """Let go of everything."""
        self._closed = True
        self._log_grew.set()
        if self._tidying is not None:
            self._tidying.join()
        self._turnstile.close()

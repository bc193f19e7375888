"""A connection to a database file with our settings: the one place that knows SQLite's ways."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Unavailable, malformed

# SQLite before this has a fault in its write-ahead log that can corrupt with several connections.
SQLITE_VERSION_MIN = (3, 51, 3)
BUSY_TIMEOUT_MS = 10_000
READ_CACHE_KIB = 8_000
MMAP_BYTES = 1 << 32

Connection = Any


def path_of(url: str) -> Path:
    """The file that a `sqlite:///PATH` URL names (four slashes for a path from the root).

    Errors:  Malformed for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or not parts.path[1:]:
        raise malformed("database", "not_a_database_url", f"{url!r} is not a database.", "Use sqlite:///PATH.")
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

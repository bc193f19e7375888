"""PostgreSQL's ways: connections that mend themselves, and turns by a lock that ends with its transaction."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from re import sub
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import Cursor, RawCursor
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from listino.core.errors import Malformed, Unavailable, malformed
from listino.db.connection import Connection, Lost
from listino.db.statements import for_postgres

SERVER_VERSION_MIN = 150_000
CONNECT_TIMEOUT_S = 3
# After so long without an answer to what was sent, the network counts as broken.
SILENCE_MAX_MS = 5_000
IDLE_PROBE_S, PROBE_PAUSE_S, PROBES_MAX = 15, 2, 3
# Who writes keeps all others waiting: for so long it may wait for a lock, and be silent within a transaction, before
# the server ends it. A machine that lost its power in between would hold the turn for hours else.
LOCK_WAIT_MAX_MS = 10_000
TURN_SILENCE_MAX_MS = 10_000
# By this number the writers of one database take turns; others may lock other numbers.
TURN = 0x4C495354494E4F
# What is wrong with a value, and not with the server.
UNKEPT = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)
LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout)
_READING = b"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Taken means on disk, also where the server would rather not wait for it.
_ON_DISK = b"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR, TransactionStatus.ACTIVE)


def is_server(url: str) -> bool:
    """Whether a URL names a PostgreSQL database."""
    return urlsplit(url).scheme in {"postgresql", "postgres"}


def folder_file(url: str) -> Path:
    """By what name what belongs to a database, and is not to stand in it, lies on this machine."""
    parts = urlsplit(url)
    name = "-".join(filter(None, [parts.hostname or "local", str(parts.port or ""), parts.path.strip("/")]))
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = data / "listino"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"postgresql-{sub(r'[^A-Za-z0-9._-]', '_', name)}"


def driver_connection(url: str, **said: Any) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection as the driver makes it, with our bounds of patience.

    Errors:  Lost where there is no server, database or right; Unavailable for a server that is too old.
    """
    try:
        connection = psycopg.connect(
            url, client_encoding="UTF8", connect_timeout=CONNECT_TIMEOUT_S, tcp_user_timeout=SILENCE_MAX_MS,
            keepalives_idle=IDLE_PROBE_S, keepalives_interval=PROBE_PAUSE_S, keepalives_count=PROBES_MAX,
            fallback_application_name="listino", **said,
        )  # fmt: skip
    except LOST as error:
        raise _lost(error, "cannot be reached") from None
    except psycopg.Error:
        raise _unusable() from None
    if connection.info.server_version < SERVER_VERSION_MIN:
        version = connection.info.server_version
        connection.close()
        wanted = SERVER_VERSION_MIN // 10_000
        raise Unavailable(f"PostgreSQL {version // 10_000} is too old; {wanted} or later is needed.", code="too_old")
    return connection


def raw_connection(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection that takes numbered places for values, each statement its own transaction.

    Errors:  Lost, Unavailable.
    """
    connection = driver_connection(url, autocommit=True, cursor_factory=RawCursor)
    # A number is always one of 64 bits, so that a statement is prepared once, whatever the values.
    connection.adapters.register_dumper(int, Int8Dumper)
    return connection


def _unusable() -> Unavailable:
    """The refusal of a URL that the driver cannot read; what it says itself may hold the password."""
    text = "The database's URL cannot be read; percent-encode what is special in its user and password."
    return Unavailable(text, code="database_lost")


def _lost(error: Exception, what: str) -> Lost:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return Lost("Another process kept the database for too long; nothing was written.", "busy")
    if isinstance(error, psycopg.errors.DiskFull):
        return Lost("The database's disk is full; nothing was written.", "disk_full")
    return Lost(f"The database {what}: {_first_line(error)}.")


def _unkept(error: Exception) -> Malformed:
    """The refusal of a value that SQLite would keep and PostgreSQL does not."""
    text = f"The database cannot keep this: {_first_line(error)}."
    return malformed("", "not_kept", text, "Send texts without the character U+0000, and shorter codes.")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _bind(raw: "psycopg.Connection[tuple[Any, ...]]") -> None:
    """Have the server keep a connection that writes to its bounds, also when nobody is at its other end any more."""
    raw.execute(_ON_DISK)
    bounds = {
        "lock_timeout": LOCK_WAIT_MAX_MS,
        "idle_in_transaction_session_timeout": TURN_SILENCE_MAX_MS,
        "tcp_user_timeout": SILENCE_MAX_MS,
        "tcp_keepalives_idle": SILENCE_MAX_MS // 1000,
        "tcp_keepalives_interval": PROBE_PAUSE_S,
        "tcp_keepalives_count": PROBES_MAX,
    }
    for name, value in bounds.items():
        raw.execute(b"SELECT set_config($1, $2, false)", (name, str(value)))


class Watching(Protocol):
    """Who knows whether the server is there."""

    is_away: bool

    def lost(self) -> None:
        """A connection found the server gone."""


class ServerConnection:
    """A connection that takes our statements as SQLite's does, and opens itself again when it was cut."""

    __slots__ = ("_raw", "_url", "_watch", "_writing")

    def __init__(self, url: str, *, writing: bool, watch: Watching | None = None) -> None:
        """It opens when it is needed; while the `watch` knows the server to be away, nothing is tried."""
        self._url = url
        self._writing = writing
        self._watch = watch
        self._raw: psycopg.Connection[tuple[Any, ...]] | None = None

    def _opened(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._watch is not None and self._watch.is_away:
            raise Lost("The database cannot be reached.")
        try:
            raw = raw_connection(self._url)
            if self._writing:
                _bind(raw)
            else:
                raw.execute(_READING)
        except Lost:
            self._tell()
            raise
        return raw

    def _tell(self) -> None:
        if self._watch is not None:
            self._watch.lost()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way."""
        return self._raw is not None and self._raw.info.transaction_status in _OPEN

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor[tuple[Any, ...]]:
        """Carry a statement out.

        Errors:  Lost where the server does not answer, or cannot work.
        """
        query, raw = for_postgres(sql), self._raw
        apart = raw is None or raw.info.transaction_status not in _OPEN
        try:
            return (raw or self._reopened()).execute(query, parameters or None)
        except UNKEPT as error:
            raise _unkept(error) from None
        except LOST as error:
            if not (apart and raw is not None and raw.closed):
                raise self._failed(error) from None
        # Nothing was under way: a connection that was cut while it was idle is no loss.
        try:
            return self._reopened().execute(query, parameters or None)
        except LOST as error:
            raise self._failed(error) from None

    def _reopened(self) -> "psycopg.Connection[tuple[Any, ...]]":
        self._raw = self._opened()
        return self._raw

    def _failed(self, error: Exception) -> Lost:
        if self._raw is None or self._raw.closed:
            self._tell()
            return _lost(error, "was lost")
        return _lost(error, "failed")

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Cursor[tuple[Any, ...]]:
        """Carry a statement out for each row; `rowcount` is that of all together."""
        cursor = (self._raw or self._reopened()).cursor()
        try:
            cursor.executemany(for_postgres(sql), rows)
        except UNKEPT as error:
            raise _unkept(error) from None
        except LOST as error:
            raise self._failed(error) from None
        return cursor

    def close(self) -> None:
        """End it."""
        if self._raw is not None:
            self._raw.close()


class ServerOutlet:
    """The way of a writing thread to a server: a transaction holds the turn among all processes while it lasts.

    So the order of revisions is that of commits, and what is read before it is written cannot change between.
    """

    failures: tuple[type[Exception], ...] = (Lost,)

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.connected = connect

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The transaction itself waits for its turn."""
        with nullcontext():
            yield

    def begin(self, connection: Connection) -> None:
        """Begin a transaction when no other process writes; it sees all that was committed before.

        Errors:  Lost where the turn does not come in time.
        """
        # Whatever the server's default is: any other level would see what was there before it waited.
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.execute("SELECT pg_advisory_xact_lock(?)", (TURN,))

    def committed(self, connection: Connection) -> None:
        """Nothing is left to be done."""

    def close(self) -> None:
        """Nothing is held."""

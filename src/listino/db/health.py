"""What the database says of its own state."""

from dataclasses import dataclass
from pathlib import Path

from listino.db.engine import Connection
from listino.db.schema import OPEN

KEY_RULES_WARNED = 100
KEYS_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class State:
    """Figures of a database at one moment; instants as text."""

    revision: int
    zone: str
    history_from: int
    newest: str | None
    staged: tuple[tuple[int, str, str, str | None], ...]
    scopes: dict[str, int]
    held: int
    events: dict[str, int]
    crowded: tuple[tuple[str, int], ...]


def state_of(connection: Connection) -> State:
    """The figures by which somebody judges whether all is well."""
    revision, zone, history_from = connection.execute("SELECT revision, zone, history_from FROM book").fetchone()
    (newest,) = connection.execute(
        "SELECT max(at) FROM (SELECT max(at) AS at FROM change_set UNION ALL SELECT max(taken_at) FROM orders) AS w"
    ).fetchone()
    staged = connection.execute(
        "SELECT id, actor, at, lease_until FROM change_set WHERE state = 'staging' ORDER BY id"
    ).fetchall()
    (held,) = connection.execute(
        "SELECT count(*) FROM orders WHERE handover IN ('accepted', 'placed') AND life = 'on_hold'"
    ).fetchone()
    events = dict(connection.execute("SELECT state, count(*) FROM order_event WHERE state <> 'applied' GROUP BY state"))
    scopes, crowded = _scopes(connection), _crowded(connection)
    return State(revision, zone, history_from, newest, tuple(staged), scopes, held, events, crowded)


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a PostgreSQL server says of itself; `by_language` names columns that are not compared by bytes."""

    version: str
    fsync: str
    checksums: str
    encoding: str
    size: int
    by_language: tuple[str, ...]


def server_state(connection: Connection) -> ServerState:
    """What decides whether a server keeps what it took, and compares as we do."""
    row = connection.execute(
        "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('data_checksums'), "
        "current_setting('server_encoding'), pg_database_size(current_database())"
    ).fetchone()
    columns = connection.execute(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' ORDER BY table_name, column_name"
    ).fetchall()
    version, fsync, checksums, encoding, size = row
    return ServerState(version, fsync, checksums, encoding, size, tuple(name for (name,) in columns))


def _scopes(connection: Connection) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (scopes,) in connection.execute("SELECT scopes FROM api_key WHERE revoked_at IS NULL"):
        for scope in scopes.split():
            counts[scope] = counts.get(scope, 0) + 1
    return counts


def _crowded(connection: Connection) -> tuple[tuple[str, int], ...]:
    """The keys under which many rules stand, the fullest first. Keys of rules alone begin with a capital."""
    rows = connection.execute(
        "SELECT key, count(*) AS rules FROM fact WHERE ended = ? AND (key = '' OR key >= 'A' AND key < '[') "
        "GROUP BY key HAVING count(*) > ? ORDER BY rules DESC, key LIMIT ?",
        (OPEN, KEY_RULES_WARNED, KEYS_SHOWN_MAX),
    )
    return tuple(rows)


def log_size(database: Path) -> int:
    """The bytes of the write-ahead log."""
    log = Path(f"{database}-wal")
    return log.stat().st_size if log.exists() else 0

"""API keys: who may ask what. At rest there is only a key's digest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from listino.core.errors import NotFound
from listino.db.engine import Connection, Reading
from listino.db.snapshot import stamp

SCOPES = (
    "all",
    "prices:read",
    "prices:manual",
    "explain:full",
    "facts:read",
    "facts:write",
    "stock:write",
    "orders:create",
    "orders:read",
    "orders:manage",
    "metrics:read",
    "webhooks:manage",
    "alerts:read",
    "tokens:create",
    "requests:read",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """How often a key may ask.

    Units:   rate: requests a second, in the long run; burst: how many at once.
    """

    rate: int
    burst: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: its name, what it may do, for which channel it asks by default, and how often at most."""

    id: str
    name: str
    scopes: tuple[str, ...]
    channel: str | None
    test: bool
    created_at: str
    revoked_at: str | None
    limit: Limit | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return scope in self.scopes or "all" in self.scopes


_COLUMNS = "id, name, scopes, channel, test, created_at, revoked_at, rate, burst"


def digest(secret: str) -> bytes:
    """What is kept of a key. It has 256 random bits, so a plain hash cannot be searched backwards."""
    return sha256(secret.encode()).digest()


def add(tx: Connection, key: ApiKey, secret: str) -> None:
    """Keep a new key. Joins the caller's transaction."""
    tx.execute(
        f"INSERT INTO api_key (digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (digest(secret), key.id, key.name, " ".join(key.scopes), key.channel, int(key.test), key.created_at, None,
         *_stored(key.limit)),
    )  # fmt: skip
    tx.execute("UPDATE book SET access = access + 1")


def revoke(tx: Connection, key_id: str, now: datetime) -> None:
    """End a key for the very next request. Joins the caller's transaction.

    Errors:  NotFound.
    """
    changed = tx.execute(
        "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (stamp(now), key_id)
    ).rowcount
    if not changed:
        raise _no_key(key_id)
    tx.execute("UPDATE book SET access = access + 1")


def set_limit(tx: Connection, key_id: str, limit: Limit | None) -> None:
    """Set how often an open key may ask, for the very next request. Joins the caller's transaction.

    Errors:  NotFound.
    """
    changed = tx.execute(
        "UPDATE api_key SET rate = ?, burst = ? WHERE id = ? AND revoked_at IS NULL", (*_stored(limit), key_id)
    ).rowcount
    if not changed:
        raise _no_key(key_id)
    tx.execute("UPDATE book SET access = access + 1")


def _stored(limit: Limit | None) -> tuple[int | None, int | None]:
    return (None, None) if limit is None else (limit.rate, limit.burst)


def _no_key(key_id: str) -> NotFound:
    return NotFound("not_found", f"There is no open API key {key_id!r}; `listino keys list` shows them.")


def keys(reading: Reading) -> Iterable[ApiKey]:
    """Every key, the oldest first."""
    rows = reading.connection.execute(f"SELECT {_COLUMNS} FROM api_key ORDER BY created_at, id").fetchall()
    return [_key(row) for row in rows]


def key_for(reading: Reading, key_digest: bytes) -> ApiKey | None:
    """The open key of a digest."""
    row = reading.connection.execute(
        f"SELECT {_COLUMNS} FROM api_key WHERE digest = ? AND revoked_at IS NULL", (key_digest,)
    ).fetchone()
    return _key(row) if row is not None else None


def open_key(reading: Reading, key_id: str) -> ApiKey | None:
    """The key of an id, unless it is revoked."""
    row = reading.connection.execute(
        f"SELECT {_COLUMNS} FROM api_key WHERE id = ? AND revoked_at IS NULL", (key_id,)
    ).fetchone()
    return _key(row) if row is not None else None


def changed(tx: Connection) -> None:
    """Have every process look anew at who may ask. Joins the caller's transaction."""
    tx.execute("UPDATE book SET access = access + 1")


def _key(row: tuple[str, str, str, str | None, int, str, str | None, int | None, int | None]) -> ApiKey:
    key_id, name, scopes, channel, test, created_at, revoked_at, rate, burst = row
    limit = None if rate is None or burst is None else Limit(rate, burst)
    return ApiKey(key_id, name, tuple(scopes.split()), channel, bool(test), created_at, revoked_at, limit)

"""From where the tokens of a key may ask: for the question that a browser asks before it shows its token."""

from collections.abc import Iterable
from datetime import datetime

from listino.db.engine import Connection, Reading
from listino.db.snapshot import stamp

_ASKED = "SELECT origin FROM token_origin WHERE key_id = ? AND until >= ? AND origin IN ({places})"
_KNOWN = (
    "SELECT 1 FROM token_origin JOIN api_key ON api_key.id = token_origin.key_id "
    "WHERE token_origin.origin = ? AND token_origin.until > ? AND api_key.revoked_at IS NULL LIMIT 1"
)
_KEEP = (
    "INSERT INTO token_origin (origin, key_id, until) VALUES (?, ?, ?) "
    "ON CONFLICT (origin, key_id) DO UPDATE SET until = excluded.until WHERE token_origin.until < excluded.until"
)


def missing(reading: Reading, origins: Iterable[str], key_id: str, until: datetime) -> tuple[str, ...]:
    """Which of some origins a key's tokens are not known to ask from until then."""
    wanted = tuple(origins)
    places = ", ".join("?" * len(wanted))
    rows = reading.connection.execute(_ASKED.format(places=places), (key_id, stamp(until), *wanted)).fetchall()
    known = {row[0] for row in rows}
    return tuple(origin for origin in wanted if origin not in known)


def keep(tx: Connection, origins: Iterable[str], key_id: str, until: datetime, now: datetime) -> None:  # a table's row
    """Know from where a key's tokens ask until then, and forget what has ended. Joins the caller's transaction."""
    tx.execute("DELETE FROM token_origin WHERE until < ?", (stamp(now),))
    for origin in origins:
        tx.execute(_KEEP, (origin, key_id, stamp(until)))


def is_known(reading: Reading, origin: str, now: datetime) -> bool:
    """Whether a token of an open key may ask from an origin."""
    return reading.connection.execute(_KNOWN, (origin, stamp(now))).fetchone() is not None

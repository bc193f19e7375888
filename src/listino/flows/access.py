"""A key is made, shown once, limited, and revoked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from listino.core.errors import malformed
from listino.db import access
from listino.db.access import SCOPES
from listino.db.access import ApiKey as ApiKey
from listino.db.access import Limit as Limit
from listino.db.access import key_for as key_for
from listino.db.engine import Database
from listino.db.snapshot import stamp

# The most that a limit may say, and the bound of its burst.
RATE_MAX = 100_000
BURST_MAX = 1_000_000
# So many seconds' worth may come at once, where nothing else is said.
BURST_S = 2


class Chance(Protocol):
    """Where secrets come from."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        ...


def created(
    database: Database,
    name: str,
    scopes: Iterable[str],
    *,
    channel: str | None,
    test: bool,
    now: datetime,
    chance: Chance,
    limit: Limit | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once; it may ask as often as it likes unless limited.

    Errors:  Malformed for a scope that does not exist.
    """
    wanted = tuple(dict.fromkeys(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        text = f"There is no scope {unknown[0]!r}." if unknown else "A key needs at least one scope."
        raise malformed("scopes", "unknown_scope", text, "Choose from: " + ", ".join(SCOPES) + ".")
    kind = "test" if test else "live"
    secret = f"listino_{kind}_{chance.token_hex(32)}"
    key = ApiKey(chance.token_hex(6), name, wanted, channel, test, stamp(now), None, limit)
    database.write(lambda tx: access.add(tx, key, secret))
    return key, secret


def limit_of(rate: int | None, burst: int | None) -> Limit | None:
    """A limit as it may be; None where none is said.

    Errors:  Malformed.
    """
    if rate is None:
        if burst is not None:
            raise malformed("burst", "missing", "A burst alone limits nothing.", "Name a rate too.")
        return None
    if not 1 <= rate <= RATE_MAX:
        raise malformed("rate", "out_of_range", f"A rate of {rate} cannot be.", f"Name 1 to {RATE_MAX} a second.")
    if burst is None:
        return Limit(rate, rate * BURST_S)
    if not 1 <= burst <= BURST_MAX:
        raise malformed("burst", "out_of_range", f"A burst of {burst} cannot be.", f"Name 1 to {BURST_MAX}.")
    return Limit(rate, burst)


def limited(database: Database, key_id: str, limit: Limit | None) -> ApiKey:
    """Set how often the key of an id may ask (None: as often as it likes), for the very next request.

    Errors:  NotFound.
    """
    database.write(lambda tx: access.set_limit(tx, key_id, limit))
    return next(one for one in access.keys(database.read()) if one.id == key_id)


def revoked(database: Database, id_or_secret: str, now: datetime) -> ApiKey:
    """End the key of an id, or the key that is named by its secret, for the very next request.

    Errors:  NotFound.
    """
    key = access.key_for(database.read(), access.digest(id_or_secret))
    key_id = key.id if key is not None else id_or_secret
    database.write(lambda tx: access.revoke(tx, key_id, now))
    return next(one for one in access.keys(database.read()) if one.id == key_id)

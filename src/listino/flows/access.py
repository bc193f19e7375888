"""A key is made, shown once, and revoked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from listino.core.errors import malformed
from listino.db import access
from listino.db.access import SCOPES
from listino.db.access import ApiKey as ApiKey
from listino.db.access import key_for as key_for
from listino.db.engine import Database
from listino.db.snapshot import stamp


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
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once.

    Errors:  Malformed for a scope that does not exist.
    """
    wanted = tuple(dict.fromkeys(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        text = f"There is no scope {unknown[0]!r}." if unknown else "A key needs at least one scope."
        raise malformed("scopes", "unknown_scope", text, "Choose from: " + ", ".join(SCOPES) + ".")
    kind = "test" if test else "live"
    secret = f"listino_{kind}_{chance.token_hex(32)}"
    key = ApiKey(chance.token_hex(6), name, wanted, channel, test, stamp(now), None)
    database.write(lambda tx: access.add(tx, key, secret))
    return key, secret


def revoked(database: Database, id_or_secret: str, now: datetime) -> ApiKey:
    """End the key of an id, or the key that is named by its secret, for the very next request.

    Errors:  NotFound.
    """
    key = access.key_for(database.read(), access.digest(id_or_secret))
    key_id = key.id if key is not None else id_or_secret
    database.write(lambda tx: access.revoke(tx, key_id, now))
    return next(one for one in access.keys(database.read()) if one.id == key_id)

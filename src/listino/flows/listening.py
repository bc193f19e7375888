"""A developer listens for a while: told the very messages that webhooks are told, signed alike, and called nowhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.errors import Conflict, Fault, malformed
from listino.core.webhooks import SECRET_BYTES, Key, secret_of, signatures
from listino.db import listeners
from listino.db.engine import Connection, Database
from listino.db.listeners import Heard
from listino.db.snapshot import stamp
from listino.db.webhook_messages import LISTENER
from listino.db.webhooks import LISTENING, Webhook
from listino.flows.webhook_checks import PUBLIC, check
from listino.flows.webhooks import Chance, begin_to_tell

# Who does not come back within this is forgotten.
WAITED_FOR = timedelta(seconds=90)
LISTENERS_MAX = 10
# What has no address of its own is checked as if it had this one.
_NO_URL = "https://listener.invalid/"


class Signed(NamedTuple):
    """A message as it is told: its place, its event, and what a webhook's request would say in headers and body."""

    place: int
    event: str
    id: str
    timestamp: int
    signature: str
    body: str


def opened(database: Database, events: Sequence[str], key_id: str, now: datetime, chance: Chance) -> Webhook:
    """Somebody begins to listen, with a secret that signs what is told.

    Errors:  Malformed for events that there are not; Conflict where too many listen.
    """
    check(_NO_URL, events, None, "active", targets=PUBLIC)
    secret = Key(secret_of(chance.token_hex(SECRET_BYTES)))
    listener = Webhook(
        LISTENER + chance.token_hex(8), "", tuple(dict.fromkeys(events)), key_id, LISTENING, (secret,), stamp(now)
    )

    def write(tx: Connection) -> None:
        listeners.forget(tx, stamp(now))
        if listeners.counted(tx) >= LISTENERS_MAX:
            text = f"{LISTENERS_MAX} listen already."
            fault = Fault("stream", "too_many", text, f"End one; it is forgotten {WAITED_FOR.seconds} seconds later.")
            raise Conflict("too_many", text, (fault,))
        begin_to_tell(tx, now)
        listeners.add(tx, listener, stamp(now + WAITED_FOR))

    database.write(write)
    return listener


def resumed(database: Database, listener_id: str, last: str | None, key_id: str, now: datetime) -> Webhook | None:
    """Somebody comes back, and is told again what lies behind the last place that they know; None where forgotten.

    Errors:  Malformed for a place that there cannot be.
    """
    if last is not None and not (last.isascii() and last.isdigit()):
        text = f"{last!r} is no id of an event here."
        raise malformed("Last-Event-ID", "not_a_cursor", text, "Send the `id` of the last event, or none.")
    found = listeners.one(database.read().connection, listener_id)
    if found is None or found.description != key_id:
        return None

    def write(tx: Connection) -> bool:
        if last is not None:
            listeners.again(tx, listener_id, int(last))
        return listeners.keep(tx, listener_id, stamp(now + WAITED_FOR))

    return found if database.write(write) else None


def heard(database: Database, listener: Webhook, now: datetime) -> list[Signed]:
    """What one who listens has not been told yet; some of it, in order."""
    rows = listeners.heard(database.read().connection, listener.id)
    return [_signed(listener, row, int(now.timestamp())) for row in rows]


def _signed(listener: Webhook, heard: Heard, timestamp: int) -> Signed:
    secrets = [key.secret for key in listener.keys]
    signature = signatures(secrets, heard.message, timestamp, heard.body.encode())
    return Signed(heard.place, heard.event, heard.message, timestamp, signature, heard.body)


def told(database: Database, listener: Webhook, places: Sequence[int]) -> None:
    """Note what was told."""
    database.write(lambda tx: listeners.told(tx, listener.id, places))


def kept(database: Database, listener: Webhook, now: datetime) -> bool:
    """Wait for one who listens for a while longer; False where it is forgotten already."""
    is_there: bool = database.write(lambda tx: listeners.keep(tx, listener.id, stamp(now + WAITED_FOR)))
    return is_there


def forget_listeners(database: Database, now: datetime) -> None:
    """Forget who listens no more."""
    database.write(lambda tx: listeners.forget(tx, stamp(now)))

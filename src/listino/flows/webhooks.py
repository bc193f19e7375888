"""A webhook is made, changed, given a new secret, ended; its messages are listed and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from listino.core.breaker import Target
from listino.core.errors import Conflict, Fault, NotFound, malformed
from listino.core.webhooks import SECRET_BYTES, Key, secret_of, wants
from listino.db import tasks, webhook_messages, webhooks
from listino.db.engine import Connection, Database
from listino.db.snapshot import stamp
from listino.db.webhook_messages import Delivery as Delivery
from listino.db.webhooks import ACTIVE
from listino.db.webhooks import Webhook as Webhook
from listino.flows.webhook_checks import Targets as Targets
from listino.flows.webhook_checks import check

WEBHOOKS_MAX = 50
PRICE_EVENTS = "price_events"
REPLAYED_MAX = 10_000
# So many in one write, so that orders that come meanwhile need not wait for all of them.
REPLAYED_AT_ONCE_MAX = 100
OVERLAP_HOURS_MAX = 7 * 24
# The newest secret and those that end; more would make every header longer.
KEYS_MAX = 3


class Chance(Protocol):
    """Where secrets come from."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a webhook."""

    url: str
    events: tuple[str, ...]
    description: str | None
    state: str


def made(database: Database, said: Said, now: datetime, chance: Chance, targets: Targets) -> Webhook:
    """A new webhook, with its secret.

    Errors:  Malformed; Conflict beyond the bound.
    """
    check(said.url, said.events, said.description, said.state, targets=targets)
    webhook = Webhook(
        "wh_" + chance.token_hex(8), said.url, said.events, said.description, said.state,
        (Key(secret_of(chance.token_hex(SECRET_BYTES))),), stamp(now),
    )  # fmt: skip

    def write(tx: Connection) -> None:
        others = len(webhooks.every(tx))
        if others >= WEBHOOKS_MAX:
            text = f"There are {WEBHOOKS_MAX} webhooks already."
            raise Conflict("too_many", text, (Fault("url", "too_many", text, "End one that is not needed."),))
        begin_to_tell(tx, now)
        webhooks.add(tx, webhook)
        tasks.know_target(tx, webhook_messages.target_of(webhook.id))

    database.write(write)
    return webhook


def begin_to_tell(tx: Connection, now: datetime) -> None:
    """Have what changes prices told soon, from now on, as somebody is about to listen. Joins the transaction."""
    if not webhooks.is_anybody(tx):  # Nobody was to be told of what came before.
        webhooks.move_price_cursor(tx, tx.execute("SELECT revision FROM book").fetchone()[0])
    tasks.hasten(tx, PRICE_EVENTS, "", now)


def changed(database: Database, webhook_id: str, said: Said, now: datetime, targets: Targets) -> Webhook:
    """A webhook as it is to be from now on; set active, it is tried again whatever was before.

    Errors:  Malformed; NotFound.
    """
    check(said.url, said.events, said.description, said.state, targets=targets)

    def write(tx: Connection) -> Webhook:
        before = _found(tx, webhook_id)
        after = replace(
            before, url=said.url, events=said.events, description=said.description, state=said.state,
            failing_since=None, text=None,
        )  # fmt: skip
        webhooks.replace(tx, after)
        # Whatever it met before, it begins anew: another address may have been the cure.
        name = webhook_messages.target_of(webhook_id)
        tasks.keep_target(tx, Target(name=name))
        tasks.hasten_failed(tx, name, now)
        return after

    result: Webhook = database.write(write)
    return result


def rotated(database: Database, webhook_id: str, overlap_hours: int, now: datetime, chance: Chance) -> Webhook:
    """A webhook with a new secret; the one before signs too until the overlap is over.

    Errors:  Malformed; NotFound.
    """
    if not 0 <= overlap_hours <= OVERLAP_HOURS_MAX:
        text = f"Both secrets may sign for 0 to {OVERLAP_HOURS_MAX} hours, not {overlap_hours}."
        raise malformed("overlap_hours", "out_of_range", text, "Send 24, or leave it out.")
    newest, until = Key(secret_of(chance.token_hex(SECRET_BYTES))), stamp(now + timedelta(hours=overlap_hours))

    def write(tx: Connection) -> Webhook:
        before = _found(tx, webhook_id)
        ending = [replace(key, until=min(key.until or until, until)) for key in before.keys]
        kept = [key for key in ending if key.until is not None and key.until > stamp(now)]
        after = replace(before, keys=(newest, *kept)[:KEYS_MAX])
        webhooks.replace(tx, after)
        return after

    result: Webhook = database.write(write)
    return result


def ended(database: Database, webhook_id: str, now: datetime) -> Webhook:
    """A webhook that is told nothing any more, and forgotten.

    Errors:  NotFound.
    """

    def write(tx: Connection) -> Webhook:
        before = _found(tx, webhook_id)
        webhook_messages.end_waiting(tx, webhook_id, webhook_messages.ENDED, "It was ended.", stamp(now))
        webhooks.remove(tx, webhook_id)
        return before

    result: Webhook = database.write(write)
    return result


def found(database: Database, webhook_id: str) -> Webhook:
    """One webhook.

    Errors:  NotFound.
    """
    return _found(database.read().connection, webhook_id)


def every(database: Database) -> list[Webhook]:
    """All webhooks, the oldest first."""
    return webhooks.every(database.read().connection)


def counted(database: Database, webhook_id: str) -> dict[str, int]:
    """How many deliveries of a webhook there are by state."""
    return webhook_messages.counted(database.read().connection, webhook_id)


def deliveries(database: Database, webhook_id: str, state: str | None, before: int, limit: int) -> list[Delivery]:
    """The deliveries of a webhook, the newest first.

    Errors:  NotFound.
    """
    connection = database.read().connection
    _found(connection, webhook_id)
    return webhook_messages.deliveries(connection, webhook_id, state, before, limit)


def replayed(database: Database, webhook_id: str, message: str, now: datetime) -> int:
    """Have one message go out again, under the id that it had.

    Errors:  NotFound.
    """

    def write(tx: Connection) -> int:
        _to_send_to(tx, webhook_id)
        if webhook_messages.body_of(tx, message) is None:
            text = f"There is no message {message!r}; they are kept for 30 days."
            raise NotFound(
                "unknown_message", text, (Fault("message", "unknown_message", text, "List its deliveries."),)
            )
        webhook_messages.send_again(tx, webhook_id, message, stamp(now))
        return 1

    count: int = database.write(write)
    return count


def replayed_between(database: Database, webhook_id: str, start: datetime, end: datetime, now: datetime) -> int:
    """Have every message from an instant until before another go out again that the webhook wants; how many.

    Errors:  NotFound; Malformed for more than go at once.
    """
    if end <= start:
        raise malformed("to", "out_of_range", "`to` does not lie behind `from`.", "Send a later instant.")

    connection = database.read().connection
    webhook = _to_send_to(connection, webhook_id)
    messages = webhook_messages.between(connection, stamp(start), stamp(end), REPLAYED_MAX + 1)
    if len(messages) > REPLAYED_MAX:
        text = f"There are more than {REPLAYED_MAX} messages in this range."
        raise malformed("to", "too_many", text, "Send a shorter range, and the next after it.")
    wanted = [message for message, event in messages if wants(webhook.events, event)]

    def write(tx: Connection, some: list[str]) -> None:
        _to_send_to(tx, webhook_id)
        for message in some:
            # One that was forgotten meanwhile has nothing to say.
            if webhook_messages.body_of(tx, message) is not None:
                webhook_messages.send_again(tx, webhook_id, message, stamp(now))

    for first in range(0, len(wanted), REPLAYED_AT_ONCE_MAX):
        database.write(partial(write, some=wanted[first : first + REPLAYED_AT_ONCE_MAX]))
    return len(wanted)


def _to_send_to(tx: Connection, webhook_id: str) -> Webhook:
    webhook = _found(tx, webhook_id)
    if webhook.state not in {ACTIVE, webhooks.FAILING}:
        text = f"The webhook is {webhook.state}: nothing is sent to it."
        raise Conflict("not_active", text, (Fault("state", "not_active", text, "Set it active first."),))
    return webhook


def _found(connection: Connection, webhook_id: str) -> Webhook:
    webhook = webhooks.one(connection, webhook_id)
    if webhook is None:
        text = f"There is no webhook {webhook_id!r}."
        raise NotFound("unknown_webhook", text, (Fault("id", "unknown_webhook", text, "List /v1/webhooks."),))
    return webhook


def signing(keys: Sequence[Key], now: str) -> list[str]:
    """The secrets that sign at an instant, the newest first."""
    return [key.secret for key in keys if key.until is None or key.until > now]

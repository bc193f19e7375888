"""Webhooks out: what can be subscribed to, how a message is signed, and what an answer to it means.

Source:  https://www.standardwebhooks.com, version 1.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256

# What can be subscribed to, and when it comes.
EVENTS: Mapping[str, str] = {
    "order.accepted": "An order was taken: it is on disk.",
    "order.held": "An order waits for a person, for the reasons that are named.",
    "order.released": "A held order was released by a person.",
    "order.in_doubt": "Nobody knows yet whether the management system has an order; it is looked for.",
    "order.placed": "An order stands in the management system.",
    "order.parked": "An order could not be placed, and needs a person.",
    "order.dropped": "An order was given up by a person.",
    "order.cancelled": "An order was cancelled.",
    "order.life": "Any other step in an order's life: confirmed, shipped, invoiced, returned, ...",
    "price.changed": "A revision was committed that may have changed prices.",
    "alert.raised": "Something needs a person's attention.",
    "alert.over": "What needed attention is over.",
}
ANY = "*"
_EVENT_OF_STEP: Mapping[str, str] = {
    "in_doubt": "order.in_doubt",
    "on_hold": "order.held",
    "released": "order.released",
    "placed": "order.placed",
    "parked": "order.parked",
    "dropped": "order.dropped",
    "cancelled": "order.cancelled",
}
SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
# A message is tried for so long, and then waits for a person.
TRIED_FOR = timedelta(days=3)
_PAUSES = (
    timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30),
    timedelta(hours=1), timedelta(hours=2), timedelta(hours=4),
)  # fmt: skip
# Chance is a whole number below this.
JITTER_STEPS = 1_000
# A receiver that asks for a pause gets it, up to this.
RETRY_AFTER_MAX = timedelta(hours=12)


class Received(Enum):
    """What an answer to a message says."""

    YES = "delivered"
    LATER = "later"
    NEVER_AGAIN = "gone"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that messages are signed with; one that was replaced ends at an instant (as text)."""

    secret: str
    until: str | None = None


def event_of_step(state: str, number: int) -> str | None:
    """The event that a step in an order's history is; none for a note that an order is still as it was taken."""
    if state == "accepted":
        return "order.accepted" if number == 1 else None
    return _EVENT_OF_STEP.get(state, "order.life")


def wants(events: Sequence[str], event: str) -> bool:
    """Whether who subscribed to these wants an event: `order.*` stands for every one of orders, `*` for all."""
    return any(one in {ANY, event, event.partition(".")[0] + ".*"} for one in events)


def is_event(name: str) -> bool:
    """Whether something can be subscribed to by this name."""
    return name == ANY or name in EVENTS or name in {event.partition(".")[0] + ".*" for event in EVENTS}


def secret_of(chance_hex: str) -> str:
    """A secret as receivers are given it."""
    return SECRET_PREFIX + b64encode(bytes.fromhex(chance_hex)).decode()


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of webhook-signature: one for each secret, so that a receiver may hold the old or the new one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = [hmac.new(b64decode(secret.removeprefix(SECRET_PREFIX)), signed, sha256).digest() for secret in secrets]
    return " ".join("v1," + b64encode(one).decode() for one in made)


def received(status: int) -> Received:
    """What an answer's status says: 2xx is a yes, 410 ends the subscription; a redirect is a failure like others."""
    if 200 <= status < 300:
        return Received.YES
    return Received.NEVER_AGAIN if status == 410 else Received.LATER


def pause(tries: int, jitter: int) -> timedelta:
    """How long to wait after so many tries: growing, and shortened by chance by up to a half.

    Units:   jitter from 0 to below JITTER_STEPS.
    """
    whole = _PAUSES[min(tries, len(_PAUSES)) - 1]
    return whole - whole * jitter / (2 * JITTER_STEPS)


def asked_pause(status: int, retry_after_s: int | None) -> timedelta | None:
    """The pause that a receiver asks for."""
    if status not in {429, 503} or retry_after_s is None:
        return None
    return min(timedelta(seconds=retry_after_s), RETRY_AFTER_MAX)

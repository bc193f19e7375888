"""Somebody makes an event on purpose, so that listeners and webhooks are told of something that never happened."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from listino.core.alerts import KINDS
from listino.core.errors import malformed
from listino.core.webhooks import EVENTS
from listino.db import webhook_messages, webhooks
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot, stamp, versions
from listino.db.webhook_messages import Message

ITEMS_NAMED = 2
STATES: Mapping[str, str] = {"order.held": "on_hold", "order.life": "shipped"}


class Chance(Protocol):
    """Where names that nobody else has come from."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        ...


def triggered(database: Database, event: str, now: datetime, chance: Chance) -> tuple[dict[str, Any], int]:
    """What is told of an event that never happened, marked as a test, and how many are told.

    Errors:  Malformed for an event that there is not.
    """
    if event not in EVENTS:
        raise malformed("event", "not_a_choice", f"There is no event {event!r}.", f"Name one of: {', '.join(EVENTS)}.")
    book, token = snapshot(database), chance.token_hex(4)
    data = _data(book, event, token, stamp(now)) | {"test": True}
    message = Message(f"msg_test_{token}_{chance.token_hex(4)}", event, stamp(now), data)
    told = len(webhooks.wanting(book.reading.connection, [event]).get(event, ()))
    database.write(lambda tx: webhook_messages.publish(tx, [message], stamp(now)))
    return data, told


def _data(book: Snapshot, event: str, token: str, at: str) -> dict[str, Any]:
    kind, _, word = event.partition(".")
    if kind == "order":
        said: dict[str, Any] = {
            "order": token.rjust(28, "0"),
            "store": "test",
            "number": f"TEST-{token}",
            "customer": next(iter(_codes(book, "customers", 1)), None),
            "state": STATES.get(event, word),
        }
        return said | ({"reasons": ["price_difference"]} if event == "order.held" else {})
    if kind == "price":
        items = _codes(book, "items", ITEMS_NAMED)
        return {"revision": book.revision, "epoch": book.reading.epoch, "items": items, "customers": "many"}
    text = f"This is a test of {event}."
    cause = {"kind": next(iter(KINDS)), "subject": f"TEST-{token}", "text": text, "since": at}
    return {"count": 1, "alerts": [cause]}


def _codes(book: Snapshot, kind: str, count: int) -> list[str]:
    return [found.code for _, found in islice(versions(book, kind), count)]

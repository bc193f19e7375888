"""What needs a person is looked for, and told once for each cause, and once more when it is over."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from listino.core.alerts import Cause, Patience, Told, news, words_of
from listino.db import alerts, tasks, webhook_messages
from listino.db.alerts import CAUSES_MAX
from listino.db.alerts import Alert as Alert
from listino.db.engine import Connection, Database
from listino.db.snapshot import stamp
from listino.db.webhook_messages import Message

LETTER, MAIL = "letter", "mail"
# A message names so many causes; how many there are is told beside them.
CAUSES_TOLD_MAX = 100


def looked(database: Database, patience: Patience, now: datetime, *, by_mail: bool) -> Told:
    """What there was to tell; it is written down, and on its way."""
    reading = database.read()
    seen = causes(reading.connection, patience, now)
    told = _news(alerts.open_now(reading.connection), seen)
    if told.raised or told.over:
        database.write(lambda tx: _tell(tx, told, reading.epoch, now, by_mail=by_mail))
    return told


def causes(connection: Connection, patience: Patience, now: datetime) -> list[Cause]:
    """All that needs a person now."""
    return [
        *alerts.parked(connection, stamp(now - patience.parked)),
        *alerts.unconfirmed(connection, stamp(now - patience.unconfirmed)),
        *alerts.held(connection, stamp(now - patience.held)),
        *alerts.targets_down(connection, stamp(now - patience.erp_down)),
        *alerts.mirrors_late(connection, stamp(now - patience.mirror_late)),
        *alerts.webhooks_failing(connection),
    ]


def _news(open_now: Sequence[Alert], seen: Sequence[Cause]) -> Told:
    told = news([Cause(one.kind, one.subject, one.text, one.since) for one in open_now], seen)
    # Of a kind with more causes than are looked at, one that is not seen may still be there.
    crowded = {kind for kind, count in Counter(one.kind for one in seen).items() if count >= CAUSES_MAX}
    return Told(told.raised, tuple(one for one in told.over if one.kind not in crowded))


def _tell(tx: Connection, told: Told, epoch: str, now: datetime, *, by_mail: bool) -> None:
    at = stamp(now)
    alerts.keep(tx, told.raised, told.over, at)
    letter_id = alerts.write_letter(tx, at, *words_of(told))
    if by_mail:
        tasks.know_target(tx, MAIL)
        tasks.enqueue(tx, [tasks.Due(LETTER, MAIL, str(letter_id), now)])
    else:
        alerts.letter_sent(tx, letter_id)
    messages = [
        Message(f"msg_{epoch}_alert_{letter_id}_{word}", f"alert.{word}", at, _data(of))
        for word, of in (("raised", told.raised), ("over", told.over))
        if of
    ]
    webhook_messages.publish(tx, messages, at)


def _data(of: Sequence[Cause]) -> dict[str, Any]:
    shown = [
        {"kind": one.kind, "subject": one.subject, "text": one.text, "since": one.since} for one in of[:CAUSES_TOLD_MAX]
    ]
    return {"count": len(of), "alerts": shown}


def listed(database: Database, before: int, limit: int, *, is_open: bool | None) -> list[Alert]:
    """Alerts, the newest first."""
    return alerts.listed(database.read().connection, before, limit, is_open=is_open)

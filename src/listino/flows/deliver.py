"""A message goes to a webhook: signed, tried for three days, and given up so that a person sees it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from listino.core.breaker import answered, failed
from listino.core.errors import OutcomeUnknown, Unavailable
from listino.core.webhooks import TRIED_FOR, Received, asked_pause, pause, received, signatures
from listino.db import tasks, webhook_messages, webhooks
from listino.db.engine import Connection
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.db.webhook_messages import DELIVER as DELIVER
from listino.db.webhook_messages import DELIVERED, ENDED, PARKED, WAITING, Delivery, Outcome
from listino.db.webhooks import PAUSED, Webhook
from listino.flows.outside import After, Work
from listino.flows.webhooks import signing
from listino.ports import HttpAnswer, HttpRequest

DEADLINE = timedelta(seconds=20)
LOOKED_AT_AGAIN = timedelta(minutes=5)
USER_AGENT = "Listino-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: the answer's status and the pause that it asks for, or why there is none."""

    meaning: Received
    status: int | None
    text: str | None
    pause: timedelta | None = None


def delivered(work: Work, task: Task) -> After:
    """Send one message once, and note what came of it."""
    connection, now = work.database.read().connection, work.clock()
    delivery = webhook_messages.delivery(connection, int(task.subject))
    webhook = webhooks.one(connection, delivery.webhook) if delivery is not None else None
    if delivery is None or webhook is None or delivery.state != WAITING:
        work.database.write(lambda tx: tasks.finish(tx, task))
        return After.SETTLED
    if webhook.state == PAUSED:
        work.database.write(lambda tx: tasks.put_off(tx, task, now + LOOKED_AT_AGAIN))
        return After.SETTLED
    body = webhook_messages.body_of(connection, delivery.message) or b""
    if work.database.write(lambda tx: _counted(tx, task, delivery, now)):
        tried = _sent(work, webhook, delivery, body)
        work.database.write(partial(_note, work=work, task=task, delivery=delivery, tried=tried))
    return After.SETTLED


def _counted(tx: Connection, task: Task, delivery: Delivery, now: datetime) -> bool:
    held: bool = tasks.count_try(tx, task, now)
    if held:
        webhook_messages.tried(tx, delivery.id, stamp(now))
    return held


def _sent(work: Work, webhook: Webhook, delivery: Delivery, body: bytes) -> Tried:
    assert work.outside.http is not None
    now = work.clock()
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": delivery.message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(signing(webhook.keys, stamp(now)), delivery.message, timestamp, body),
    }
    request = HttpRequest(method="POST", url=webhook.url, headers=headers, body=body)
    try:
        answer = work.outside.http.send(request, DEADLINE)
    except (Unavailable, OutcomeUnknown) as error:
        return Tried(Received.LATER, None, error.detail)
    text = None if received(answer.status) is Received.YES else f"It answered {answer.status}."
    return Tried(
        received(answer.status), answer.status, text, asked_pause(answer.status, _retry_after_s(answer, work.clock()))
    )


def _due_again(delivery: Delivery, tried: Tried, now: datetime, jitter: int) -> datetime | None:
    """When it is to be tried again; None where it was taken, or was tried for long enough."""
    if tried.meaning is not Received.LATER:
        return None
    at = now + (tried.pause or pause(delivery.tries + 1, jitter))
    return at if at < datetime.fromisoformat(delivery.since) + TRIED_FOR else None


def _note(tx: Connection, work: Work, task: Task, delivery: Delivery, tried: Tried) -> None:
    """Write down what became of a try, unless somebody else has taken the task over meanwhile."""
    now = work.clock()
    due_at = _due_again(delivery, tried, now, work.jitter())
    held = tasks.finish(tx, task) if due_at is None else tasks.put_off(tx, task, due_at, tried.text)
    if not held:
        return
    _of_target(tx, task.target, tried, now)
    if tried.meaning is Received.YES:
        webhook_messages.outcome(tx, delivery.id, Outcome(DELIVERED, tried.status, None))
        webhooks.works(tx, delivery.webhook)
    elif tried.meaning is Received.NEVER_AGAIN:
        text = "Its receiver answered 410: it is not to be told anything any more."
        webhooks.disable(tx, delivery.webhook, stamp(now), text)
        webhook_messages.outcome(tx, delivery.id, Outcome(ENDED, tried.status, text))
        webhook_messages.end_waiting(tx, delivery.webhook, ENDED, text, stamp(now))
    elif due_at is not None:
        webhook_messages.outcome(tx, delivery.id, Outcome(WAITING, tried.status, tried.text, stamp(due_at)))
    else:
        webhooks.fails(tx, delivery.webhook, stamp(now), f"A message was not taken for three days. {tried.text}")
        webhook_messages.outcome(tx, delivery.id, Outcome(PARKED, tried.status, tried.text))
        text = "It was not taken for three days."
        webhook_messages.end_waiting(tx, delivery.webhook, PARKED, text, stamp(now - TRIED_FOR))


def _of_target(tx: Connection, name: str, tried: Tried, now: datetime) -> None:
    """Note how the receiver fares: one that does not answer is only probed, one that asks for a pause is given it."""
    target, _ = tasks.target(tx, name)
    if tried.status is not None and tried.status < 500 and tried.pause is None:
        if target.failures:
            tasks.hasten_failed(tx, name, now)
        tasks.keep_target(tx, answered(target, now, took=tried.meaning is Received.YES))
        return
    after = failed(target, now, tried.text or "")
    if tried.pause is not None:
        after = replace(after, open_until=now + tried.pause)
    tasks.keep_target(tx, after)


def _retry_after_s(answer: HttpAnswer, now: datetime) -> int | None:
    """The pause that Retry-After names, in seconds or as a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 7:
        return int(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0, int((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()))

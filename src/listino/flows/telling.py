"""What is told now and then: revisions that changed prices, what needs a person, and letters about it."""

from dataclasses import replace
from datetime import datetime, timedelta

from listino.core.alerts import Letter
from listino.db import alerts, price_events, webhook_messages, webhooks
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.flows.alerts import LETTER as LETTER
from listino.flows.alerts import looked
from listino.flows.outside import After, Work
from listino.flows.webhooks import PRICE_EVENTS as PRICE_EVENTS

ALERTS = "alerts"
PRICES_EVERY = timedelta(seconds=2)
# As long as there is no webhook; one that is made has the task hastened.
PRICES_SELDOM = timedelta(minutes=10)
PAGES_MAX = 20
ALERTS_EVERY = timedelta(seconds=30)
MESSAGES_KEPT = timedelta(days=30)
MAIL_DEADLINE = timedelta(seconds=20)


def prices(work: Work, _: Task) -> After | datetime:
    """Tell of the revisions that came since, and forget what was told long ago."""
    connection, now = work.database.read().connection, work.clock()
    if not webhooks.is_anybody(connection):
        return now + PRICES_SELDOM
    for _page in range(PAGES_MAX):
        if not price_events.behind(connection):
            break
        work.database.write(lambda tx: price_events.tell(tx, stamp(work.clock())))
    if webhook_messages.is_kept_since_before(connection, stamp(now - MESSAGES_KEPT)):
        work.database.write(lambda tx: webhook_messages.forget(tx, stamp(now - MESSAGES_KEPT)))
    return work.clock() + PRICES_EVERY


def look_for_alerts(work: Work, _: Task) -> After | datetime:
    """Tell of what needs a person and was not told yet."""
    # A mirror that is read once a day is a day old before it is late.
    patience = work.outside.patience
    patience = replace(patience, mirror_late=patience.mirror_late + work.outside.mirror.every)
    looked(work.database, patience, work.clock(), by_mail=work.outside.mail is not None)
    return work.clock() + ALERTS_EVERY


def send_letter(work: Work, task: Task) -> After | datetime:
    """Send a letter that waits.

    Errors:  Unavailable.
    """
    reading = work.database.read()
    letter = alerts.letter(reading.connection, int(task.subject))
    if letter is not None and work.outside.mail is not None:
        work.outside.mail.send(Letter(f"alert-{task.subject}-{reading.epoch}", *letter), MAIL_DEADLINE)
    work.database.write(lambda tx: alerts.letter_sent(tx, int(task.subject)))
    return After.DONE

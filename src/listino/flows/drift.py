"""Answers are held against the ERP's own prices, a few at a time: what differs is listed and counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import msgspec

from listino.core.errors import ErpSaidNo, NotFound, Refused, Unavailable
from listino.core.money import EXACT, plain, to_minor
from listino.core.question import Price
from listino.db import price_samples
from listino.db.engine import Database
from listino.db.price_samples import Mismatch as Mismatch
from listino.db.snapshot import snapshot, stamp
from listino.db.tasks import Task
from listino.flows.outside import After, Work, going_on, rests
from listino.flows.price import Asked, price
from listino.ports import AskedPrice, AsksPrices, PriceAsk

# One answer in so long a time is kept by each process; one run asks the ERP no more often than this.
KEPT_EVERY = timedelta(seconds=2)
COMPARED_PER_RUN_MAX = 20
DRIFT = "drift"
EVERY = timedelta(seconds=15)
# One of so many calls that the ERP allows is for this, so that orders do not wait for it.
SHARE_OF_CALLS = 10


class Samples:
    """Keeps one question in a while of those that a process answers about now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_at: datetime | None = None

    def note(self, asked: Asked, now: datetime) -> None:
        """Keep a question, if it is time to; nobody waits for it to be written."""
        if (self._last_at is not None and now - self._last_at < KEPT_EVERY) or asked.at != now:
            return
        if (
            (asked.manual and asked.told is None)
            or asked.coupons
            or asked.attributes
            or asked.ship_to
            or asked.order_type
        ):
            return  # The ERP is asked in fewer words.
        self._last_at = now
        said = [asked.item, asked.customer, plain(asked.quantity), asked.unit, asked.currency, asked.channel]
        question = msgspec.json.encode(said).decode()
        self._database.submit(lambda tx: price_samples.keep(tx, question, stamp(now)))


def run(work: Work, task: Task) -> After | datetime:
    """Compare some answers now and then, where the ERP can be asked."""
    calls = 0

    def asking() -> None:
        nonlocal calls
        if not work.database.write(partial(going_on, work=work, task=task, calls=min(calls, 1))):
            raise Unavailable("Somebody else compares the prices now.")
        calls += 1

    if isinstance(work.erp, AsksPrices):
        at_once = int(work.erp.traits.calls_per_minute * EVERY / timedelta(minutes=SHARE_OF_CALLS))
        compared(work.database, work.erp, work.clock, at_once=at_once, asking=asking)
    again_at = work.clock() + EVERY
    return again_at if calls else rests(work, task, again_at)


def compared(
    database: Database,
    erp: AsksPrices,
    clock: Callable[[], datetime],
    *,
    at_once: int = COMPARED_PER_RUN_MAX,
    asking: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """Hold some answers against the ERP's prices: how many, and how many of them differ.

    Shapes:  asking: called before each call of the ERP.
    Errors:  Unavailable, when the ERP does not answer; what was compared before it is kept.
    """
    count = differing = 0
    for sample in price_samples.waiting(database.read().connection, max(1, min(at_once, COMPARED_PER_RUN_MAX))):
        outcome = _compared(database, erp, sample.question, (clock(), asking))
        _kept(database, sample.id, outcome, stamp(clock()))
        count, differing = count + 1, differing + outcome[0]
    return count, differing


def _kept(database: Database, id: int, outcome: tuple[bool, str | None, str | None], at: str) -> None:
    database.write(lambda tx: price_samples.compared(tx, [(id, *outcome)], at))


def _compared(
    database: Database, erp: AsksPrices, question: str, when: tuple[datetime, Callable[[], None]]
) -> tuple[bool, str | None, str | None]:
    at, asking = when
    item, customer, quantity, unit, currency, channel = msgspec.json.decode(
        question, type=tuple[str, str | None, str, str | None, str | None, str | None]
    )
    asked = Asked(item, at, customer=customer, quantity=Decimal(quantity), unit=unit, currency=currency,
                  channel=channel)  # fmt: skip
    try:
        ours = price(snapshot(database), asked).price
    except (NotFound, Refused):
        return False, None, None  # It is no longer sold, or was never known: nothing to compare.
    ask = PriceAsk(item=item, customer=customer, quantity=ours.quantity, unit=ours.unit, currency=ours.currency,
                   channel=channel, at=at)  # fmt: skip
    asking()
    try:
        theirs: AskedPrice | None = erp.ask_price(ask)
    except ErpSaidNo:
        theirs = None
    mine = ours if isinstance(ours, Price) else None
    return _differs(mine, theirs), _ours_text(mine), _their_text(theirs)


def _differs(ours: Price | None, theirs: AskedPrice | None) -> bool:
    """Whether both sides come to another amount for the line, to the smallest coin."""
    value = None
    if theirs is not None and theirs.reason is None:
        value = theirs.net_price if theirs.net_price is not None else theirs.gross_price
    if ours is None or value is None or theirs is None:
        return (ours is None) != (value is None)
    if theirs.currency != ours.currency or theirs.per <= 0 or not value.is_finite():
        return True
    mine = ours.net if theirs.net_price is not None else ours.gross
    amount = to_minor(EXACT.divide(EXACT.multiply(value, ours.quantity), theirs.per), ours.currency)
    return mine is None or amount != mine


def _ours_text(ours: Price | None) -> str | None:
    return None if ours is None else f"{plain(ours.net_price)} {ours.currency} per {plain(ours.per)}"


def _their_text(theirs: AskedPrice | None) -> str | None:
    if theirs is None or theirs.reason is not None:
        return None
    value = theirs.net_price if theirs.net_price is not None else theirs.gross_price
    return f"{value} {theirs.currency} per {theirs.per}"


def listed(database: Database, after: int | None, limit: int) -> list[Mismatch]:
    """The prices that differ, the newest first."""
    return price_samples.mismatches(database.read().connection, after, limit)


def counted(database: Database) -> tuple[int, int]:
    """How many answers were ever compared, and how many of them differed."""
    return price_samples.counts(database.read().connection)

"""Customers ask what has no price for them: it is counted beside the answer, and listed as work to be done."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from threading import Lock

import msgspec

from listino.core.errors import Refused, Unavailable
from listino.core.explain import nearest
from listino.core.question import NoPrice, NotApplied
from listino.core.rules import Rule
from listino.db import unpriced
from listino.db.engine import Connection, Database
from listino.db.snapshot import Snapshot, snapshot, stamp, versions
from listino.db.unpriced import START, PairRow
from listino.db.unpriced import Place as Place
from listino.flows.price import Answered, Asked, price

# A process holds so many pairs between two writes; beyond it, those that were asked for most rarely are dropped.
PAIRS_COUNTED_MAX = 10_000
# So much of them at once, so that not every question has to make room.
ROOM_SHARE = 4
ROWS_PER_WRITE = 1_000
WRITE_DEADLINE_S = 5.0
# A page asks for the price of so many pairs at most (of a whole page's, where that is more).
LOOKED_AT_MAX = 2_000
ROWS_PER_READ = 200
# Of the rules that name an item so many are looked at for one that is in a list of others.
RULES_LOOKED_AT_MAX = 50
# A question counts if it is about the present; so far may the clocks of caller and server be apart.
PRESENT = timedelta(minutes=1)


class _Question(msgspec.Struct, omit_defaults=True):
    """What of a question is kept beside whom and what it is about."""

    quantity: str
    unit: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: tuple[str, ...] = ()
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    delivery_at: datetime | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Question).decode


@dataclass(slots=True)
class Count:
    """How often a pair was asked for without a price, and the last such question."""

    times: int
    first_at: datetime
    last: Asked


class Unpriced:
    """What this process was asked for and had no price of, until it is written down.

    A process that dies loses what it counted since the last write, and nothing else.
    """

    def __init__(self, pairs_max: int = PAIRS_COUNTED_MAX) -> None:
        self._pairs_max = pairs_max
        self._lock = Lock()
        self._counts: dict[tuple[str, str | None, str | None], Count] = {}

    def note(self, asked: Asked, now: datetime) -> None:
        """Count a question that had no price for an answer, if it was about the present."""
        if abs(now - asked.at) > PRESENT:
            return
        with self._lock:
            self._add((asked.item, asked.customer, asked.channel), Count(1, asked.at, asked))

    def _add(self, pair: tuple[str, str | None, str | None], count: Count) -> None:
        found = self._counts.get(pair)
        if found is None:
            if len(self._counts) >= self._pairs_max:
                self._make_room()
            self._counts[pair] = count
        else:
            found.times += count.times
            found.first_at = min(found.first_at, count.first_at)
            found.last = count.last if count.last.at >= found.last.at else found.last

    def _make_room(self) -> None:
        often = sorted(self._counts.items(), key=lambda entry: (entry[1].times, entry[1].last.at), reverse=True)
        self._counts = dict(often[: self._pairs_max - self._pairs_max // ROOM_SHARE])

    def write_down(self, database: Database) -> None:
        """Add what was counted to the list that all processes share, in few transactions.

        Errors:  Unavailable; what was not written then stays counted.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
        pairs = list(counts)
        while pairs:
            some = pairs[:ROWS_PER_WRITE]
            rows = [_row(counts[pair]) for pair in some]
            try:
                database.write(lambda tx, rows=rows: _written(tx, rows), WRITE_DEADLINE_S)  # type: ignore[misc]
            except BaseException:
                with self._lock:
                    for pair in pairs:
                        self._add(pair, counts[pair])
                raise
            del pairs[:ROWS_PER_WRITE]


def _row(count: Count) -> PairRow:
    last = count.last
    question = _Question(
        format(last.quantity, "f"),
        last.unit,
        last.currency,
        last.country,
        last.ship_to,
        last.order_type,
        last.coupons,
        last.attributes,
        last.delivery_at,
    )
    return PairRow(
        last.item, last.customer or "", last.channel or "", count.times, stamp(count.first_at), stamp(last.at),
        _encode(question).decode(),
    )  # fmt: skip


def _written(tx: Connection, rows: list[PairRow]) -> None:
    unpriced.add(tx, rows)
    unpriced.drop_rarest(tx)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A customer and an item without a price: how often asked, as text from when to when, and why there is none.

    Shapes:  asked: the last such question; nearest: of the rules that did not apply the one that came
             nearest to be its price, with the reason and what the reason's sentence needs.
    """

    times: int
    first_at: str
    last_at: str
    asked: Asked
    outcome: NoPrice
    nearest: NotApplied | None


def listed(
    database: Database, filters: Mapping[str, str], after: Place | None, limit: int, now: datetime
) -> tuple[list[Wanted], Place | None]:
    """What still has no price now, the most asked for first, and behind which place the next page begins.

    Each pair's last question is asked again: what has a price by now is taken off the list. A page may
    be short where many were. `filters`: item, customer, channel, reason.
    """
    page: list[Wanted] = []
    priced: list[Place] = []
    looked_at, last, more = 0, after, False
    book = snapshot(database)
    for row, place in _rows(database, after or START, filters):
        if len(page) == limit or looked_at == max(LOOKED_AT_MAX, limit):
            more = True
            break
        looked_at, last = looked_at + 1, place
        asked = _asked(row, now)
        try:
            answered = price(book, asked)
        except Refused:
            # Item, customer, channel or unit are no longer there: nobody can ask for it.
            priced.append(place)
            continue
        outcome = answered.price
        if not isinstance(outcome, NoPrice):
            priced.append(place)
        elif filters.get("reason") in {None, outcome.reason}:
            found = nearest(outcome, answered.facts) or _elsewhere(book, answered)
            page.append(Wanted(row.times, row.first_at, row.last_at, asked, outcome, found))
    if priced:
        # The list is right without it: what cannot be taken off now is the next time.
        with suppress(Unavailable):
            database.write(lambda tx: unpriced.forget(tx, priced), WRITE_DEADLINE_S)
    return page, last if more else None


def _elsewhere(book: Snapshot, answered: Answered) -> NotApplied | None:
    """A price of the item in a list that is not assigned to this customer: such rules are not even looked for."""
    facts = answered.facts
    step = next((step.plan.name for step in facts.steps if step.plan.kind == "price"), None)
    if step is None or facts.refusal is not None:
        return None
    for _, found in islice(versions(book, "rules", within=("items", facts.item.code)), RULES_LOOKED_AT_MAX):
        rule = found.fact
        if (
            isinstance(rule, Rule)
            and (rule.action, rule.status, rule.customer, rule.account) == ("price", "active", None, None)
            and rule.list is not None
            and rule.list not in facts.circle.chain
        ):
            return rule.step or step, rule, "list_not_assigned", rule.list
    return None


def _rows(database: Database, after: Place, filters: Mapping[str, str]) -> Iterator[tuple[PairRow, Place]]:
    connection = database.read().connection
    while rows := unpriced.page(connection, after, filters, ROWS_PER_READ):
        yield from rows
        after = rows[-1][1]


def _asked(row: PairRow, now: datetime) -> Asked:
    said = _decode(row.question)
    return Asked(
        row.item,
        now,
        customer=row.customer or None,
        quantity=Decimal(said.quantity),
        unit=said.unit,
        channel=row.channel or None,
        currency=said.currency,
        country=said.country,
        ship_to=said.ship_to,
        order_type=said.order_type,
        coupons=said.coupons,
        attributes=said.attributes,
        # A delivery that has been due is one of today.
        delivery_at=None if said.delivery_at is None else max(said.delivery_at, now),
        explain="all",
        breaks=False,
    )

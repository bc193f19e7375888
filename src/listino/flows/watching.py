"""Somebody watches what items cost: what a change concerns of it, and what each costs now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.errors import Malformed, NotFound
from listino.core.keys import SEPARATOR, code_key
from listino.db.engine import Database, Reading
from listino.db.ledger import Shelf as Shelf
from listino.db.ledger import changed_since, last_change, stocks_of
from listino.flows.browsing import as_seen, is_for_it, without_unit
from listino.flows.live import LivePrices, settle
from listino.flows.price import Answered, Asked, Snapshot, pair_for, prefetched
from listino.flows.prior import priced

# Of so many changes of the stock it is looked which items they concern; of more, all are looked at.
CHANGES_MAX = 5_000
# What the ERP tells holds shortly: whoever watches is not told more often than this.
TOLD_AGAIN_AFTER = timedelta(seconds=30)

Parts = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Found:
    """What a watched question is answered now, and how much there is of the item.

    Shapes:  parts: what it was read from (None: anything); again_at: when it could change by itself; counted: orders
             change it.
    """

    answered: Answered | Exception
    shelves: Sequence[Shelf]
    parts: Parts | None
    again_at: datetime | None
    counted: bool


class Seen(NamedTuple):
    """Up to where the database was looked at: its book, its keys, its stock."""

    version: object
    epoch: str
    revision: int
    access: int
    stock: int


class Changes(NamedTuple):
    """What has changed since: parts of the book and items of the stock; None: it may be any."""

    seen: Seen
    parts: frozenset[str] | None
    items: frozenset[str] | None


def seen_now(reading: Reading) -> Seen:
    """Where to begin to look."""
    return Seen(reading.version, reading.epoch, reading.revision, reading.access, last_change(reading.connection))


def changes_since(database: Database, reading: Reading, seen: Seen) -> Changes:
    """What others committed since the database was looked at."""
    parts: frozenset[str] | None = frozenset()
    if reading.epoch != seen.epoch:
        parts = None
    elif reading.revision != seen.revision:
        parts = database.cache.touched_after(seen.revision)
    changed = changed_since(reading.connection, seen.stock, CHANGES_MAX)
    items: frozenset[str] | None = frozenset(item for item, _ in changed)
    stock = changed[-1][1] if changed else seen.stock
    if len(changed) == CHANGES_MAX:
        items, stock = None, last_change(reading.connection)
    return Changes(Seen(reading.version, reading.epoch, reading.revision, reading.access, stock), parts, items)


def concerns_parties(parts: frozenset[str] | None) -> bool:
    """Whether customers or channels may have been changed, blocked or ended."""
    return parts is None or any(part.startswith(("customers" + SEPARATOR, "channels" + SEPARATOR)) for part in parts)


def prepared(
    book: Snapshot, asked: Sequence[Asked], live: LivePrices | None, now: datetime, *, browsing: bool
) -> dict[str, list[Shelf]]:
    """Fetch together what some questions will need, and ask the ERP, where it is asked live; the stock by item.

    For a browser (`browsing`) of nothing else than our own book shows it.
    """
    prefetched(book, asked)
    if live is not None:
        for one in asked:
            one.told, one.manual = None, ()
        settle(book, [one for one in asked if not browsing or is_for_it(book, one)], live, now)
    return stocks_of(book.reading.connection, list({one.item: None for one in asked}))


def found(book: Snapshot, asked: Asked, shelves: Sequence[Shelf], *, browsing: bool) -> Found:
    """What a question is answered at its moment; that what it names does not exist is an answer too.

    A browser is told what it may see.
    """
    try:
        answered = priced(book, asked)
    except NotFound as error:
        named = (("items", asked.item), ("customers", asked.customer), ("channels", asked.channel))
        keys = tuple(code_key(kind, code) for kind, code in named if code is not None)
        return Found(error, shelves, (keys,), None, counted=False)
    except Malformed as error:
        return Found(without_unit(book, asked) if browsing else error, shelves, None, None, counted=False)
    pair = pair_for(book, asked)
    again_at = answered.price.next_change_at
    if answered.told is not None and answered.told.holds_until is not None:
        again_at = max(answered.told.holds_until, asked.at + TOLD_AGAIN_AFTER)
    parts = (pair.parts, pair.buyer.parts, pair.ware.parts)
    seen = as_seen(book, asked, answered) if browsing else answered
    return Found(seen, shelves, parts, again_at, counted=answered.facts.counted)

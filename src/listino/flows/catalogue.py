"""An asker looks for what it can buy: searched, filtered, sorted by its own prices, page by page.

Everything that is shown is priced by `flows.price`, for the moment and as of the revision of the first page.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.facts import Item
from listino.core.keys import code_key
from listino.core.money import ONE
from listino.core.told import without_price
from listino.db.engine import Database
from listino.db.ledger import Shelf as Shelf
from listino.db.ledger import stocks_of
from listino.db.past import committed_at
from listino.db.snapshot import Snapshot, first_under, snapshot
from listino.flows.browsing import ON_REQUEST, is_on_request, show_breaks
from listino.flows.catalogue_order import (
    Key,
    Mark,
    Wanted,
    behind,
    check_needs_no_prices,
    is_by_price,
    key_of,
    name_key,
)
from listino.flows.circles import unknown
from listino.flows.live import LivePrices, settle
from listino.flows.price import Answered, Asked, buyer_for, line_of, prefetched, price
from listino.flows.prior import priced
from listino.flows.register import Entry, Look, Register, page_gone
from listino.flows.standings import ABSENT, Asker, Standing, standing_of

# A list can be read on for so long after it was begun.
READ_ON = timedelta(hours=1)
# So many askers' standings are kept, the latest, as long as they are no more than so many in all.
ASKERS_MAX = 64
STANDINGS_MAX = 120_000
# Where a list is not in the order of prices, and of more of its items it is not known whether they are for the asker,
# only as many are priced as the page needs.
COUNTED_ITEMS_MAX = 500
# A page is put together again where an order moved what is used up while it was made.
TRIES_MAX = 3


class Row(NamedTuple):
    """An item as it is shown: with its price, and what the warehouses hold (none: nobody counts it)."""

    item: Item
    answered: Answered
    shelves: Sequence[Shelf]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, how many it has in all (None: not counted yet), and where the next page begins."""

    rows: tuple[Row, ...]
    total: int | None
    next: Mark | None
    shows: str
    book: Snapshot
    at: datetime
    holds_until: datetime | None


class Found(NamedTuple):
    """Keys of rows in their order, where the items stand that were looked at, and how many rows there are in all."""

    keys: Sequence[Key]
    standings: Mapping[str, Standing]
    total: int | None


class Catalogue:
    """What a process keeps in order to look through a catalogue: the register of items, and standings of askers."""

    def __init__(self, database: Database, live: LivePrices | None = None) -> None:
        """Nothing is read before somebody asks. With `live` the ERP is asked what the rows of a page cost."""
        self._live = live
        self._database = database
        self._lock = threading.Lock()
        self._register: Register | None = None
        self._askers: OrderedDict[tuple[object, ...], Asker] = OrderedDict()

    def page(self, wanted: Wanted, *, tells_names: bool = True) -> Page:
        """One page; of an item group or brand that does not exist an empty one, where it `tells_names` not.

        Errors:  NotFound for a customer, channel, item group or brand that does not exist; Gone for a list that was
                 begun too long ago; Conflict where there are too many items; Malformed for what goes by price where
                 prices are asked live.
        """
        if self._live is not None:
            check_needs_no_prices(wanted)
        newest = snapshot(self._database)
        wanted, book = self._begun(wanted, newest)
        context = replace(wanted.asked, quantity=ONE, explain="none", breaks=False)
        shows = buyer_for(book, context).shows
        if tells_names:
            _check_names(book, wanted.look)
        with self._lock:
            register = self._followed(newest)
            entries = register.at(book.revision)
            codes = register.found(entries, wanted.look)
        if wanted.in_stock:
            codes = self._in_stock(book, codes)
        for _ in range(TRIES_MAX):
            found = self._found(wanted, {code: entries[code] for code in codes}, book, context)
            rows = self._rows(book, context, [key[-1] for key in found.keys[: wanted.limit]])
            if all(_stands(row, found.standings, shows) for row in rows):
                break
        following = None
        if len(found.keys) > wanted.limit:
            following = Mark(book.revision, book.reading.epoch, context.at, found.keys[wanted.limit - 1])
        ends = [standing.until for standing in found.standings.values() if standing.until is not None]
        holds_until = min(ends, default=None)
        return Page(tuple(rows), found.total, following, shows, book, context.at, holds_until)

    def _begun(self, wanted: Wanted, newest: Snapshot) -> tuple[Wanted, Snapshot]:
        """What is wanted at the moment at which its list was begun, and the book as it was then.

        What the ERP says holds for now alone: where it is asked, each page is one of now.
        Errors:  Gone.
        """
        mark = wanted.after
        if mark is None:
            return wanted, newest
        check_mark(mark, newest, wanted.asked.at)
        if self._live is not None:
            return wanted, newest
        wanted = replace(wanted, asked=replace(wanted.asked, at=mark.at))
        return wanted, newest if mark.revision == newest.revision else snapshot(self._database, mark.revision)

    def _followed(self, newest: Snapshot) -> Register:
        if self._register is None or not self._register.follow(newest):
            self._register = None
            self._register = Register(newest)
        return self._register

    def _found(self, wanted: Wanted, entries: Mapping[str, Entry], book: Snapshot, context: Asked) -> Found:
        """The rows behind the mark, one more than a page holds, among items that are looked for."""
        newest = snapshot(self._database)
        asker = self._asker(context, newest)
        with asker.lock, self._lock:
            if not asker.follow(newest, self._followed(newest)):
                asker.forget(newest)
        codes = tuple(entries)
        if is_by_price(wanted) or asker.knows(codes, book, context.at, COUNTED_ITEMS_MAX):
            standings = asker.of(codes, book, context)
            keys = [
                key for code, entry in entries.items() if (key := key_of(wanted, entry, standings[code])) is not None
            ]
            found = Found(behind(wanted, keys, wanted.limit + 1), standings, len(keys))
        else:
            ahead = behind(wanted, [name_key(wanted, entry) for entry in entries.values()], len(entries))
            standings = asker.of([key[-1] for key in ahead], book, context, wanted.limit + 1)
            keys = [key for key in ahead[: len(standings)] if standings[key[-1]].rank != ABSENT]
            total = len(keys) if len(standings) == len(entries) else None
            found = Found(keys[: wanted.limit + 1], standings, total)
        asker.refresh(context.at)
        return found

    def _asker(self, context: Asked, newest: Snapshot) -> Asker:
        name = (context.customer, context.channel, context.currency, context.country)
        with self._lock:
            asker = self._askers.pop(name, None) or Asker(newest)
            self._askers[name] = asker
            while len(self._askers) > 1 and (
                len(self._askers) > ASKERS_MAX
                or sum(len(one.standings.now) for one in self._askers.values()) > STANDINGS_MAX
            ):
                self._askers.popitem(last=False)
        return asker

    def _in_stock(self, book: Snapshot, codes: Sequence[str]) -> list[str]:
        held = stocks_of(book.reading.connection, codes)
        return [code for code in codes if any(shelf.available for shelf in held.get(code, ()))]

    def _rows(self, book: Snapshot, context: Asked, codes: Sequence[str]) -> list[Row]:
        asked = [line_of(replace(context, breaks=True), code, ONE, None) for code in codes]
        prefetched(book, asked)
        if self._live is not None:
            told = [one for one in asked if not is_on_request(price(book, one))]
            settle(book, told, self._live, context.at)
        held = stocks_of(book.reading.connection, codes)
        rows = []
        for one in asked:
            answered = priced(book, one)
            if not is_on_request(answered):
                show_breaks(book, one, answered)
            rows.append(Row(answered.facts.item, answered, held.get(one.item, ())))
        return rows


def check_mark(mark: Mark, newest: Snapshot, now: datetime) -> None:
    """Refuse to go on with a list that was begun too long ago, or before a restore of the database.

    Errors:  Gone.
    """
    if mark.epoch != newest.reading.epoch or mark.revision > newest.revision or not now - READ_ON <= mark.at <= now:
        raise page_gone()
    if mark.revision < newest.revision and committed_at(newest.reading, mark.revision + 1) < now - READ_ON:
        raise page_gone()


def _check_names(book: Snapshot, look: Look) -> None:
    for kind, field, code in (("item-groups", "item_group", look.item_group), ("brands", "brand", look.brand)):
        if code is not None and first_under(book, code_key(kind, code)) is None:
            raise unknown(kind, field, code)


def _stands(row: Row, standings: Mapping[str, Standing], shows: str) -> bool:
    """Whether an item, priced anew, stands where it was put."""
    outcome, kept = row.answered.price, standings[row.item.code]
    if row.answered.told is not None:  # What the ERP told is shown; the order is that of the book.
        return True
    now = standing_of(outcome, (row.answered.question, row.answered.facts), shows)
    return (now.rank, now.amount) == (kept.rank, kept.amount)


def veiled(answered: Answered) -> Answered:
    """An answer without the amounts that its price list keeps for those who ask a person."""
    outcome = answered.price
    if not is_on_request(answered):
        return answered
    hidden = replace(without_price(answered.question, ON_REQUEST), next_change_at=outcome.next_change_at)
    return replace(answered, price=hidden, next_break=None, ladder=None, prior=None)

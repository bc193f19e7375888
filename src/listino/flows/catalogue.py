"""An asker looks for what it can buy: searched, filtered, sorted by its own prices, page by page.

Everything that is shown is priced by `flows.price`, for the moment and as of the revision of the first page.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Any, NamedTuple

from listino.core.errors import Malformed, malformed
from listino.core.facts import Item
from listino.core.keys import code_key
from listino.core.money import ONE, ZERO
from listino.core.told import without_price
from listino.core.words import folded
from listino.db.engine import Database
from listino.db.ledger import Shelf as Shelf
from listino.db.ledger import stocks_of
from listino.db.past import committed_at
from listino.db.snapshot import Snapshot, first_under, snapshot
from listino.flows.browsing import ON_REQUEST, is_on_request, show_breaks
from listino.flows.circles import unknown
from listino.flows.live import LivePrices, settle
from listino.flows.price import Answered, Asked, buyer_for, line_of, prefetched, price
from listino.flows.prior import priced
from listino.flows.register import Entry, Register, page_gone
from listino.flows.register import Look as Look
from listino.flows.standings import ABSENT, Asker, Standing, standing_of

BY_PRICE = ("price", "-price")
SORTS = ("code", "-code", "name", "-name", *BY_PRICE)
# A list can be read on for so long after it was begun.
READ_ON = timedelta(hours=1)
# So many askers' standings are kept, the latest, as long as they are no more than so many in all.
ASKERS_MAX = 64
STANDINGS_MAX = 120_000
# A page is put together again where an order moved what is used up while it was made.
TRIES_MAX = 3

ANYTHING = Look()
# Where a row stands in its order; every key ends in the item's code, so no two are equal.
Key = tuple[Any, ...]


class Mark(NamedTuple):
    """Behind which row of which list a page begins: as of which revision and moment, and the last row's key."""

    revision: int
    epoch: str
    at: datetime
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an asker wants to see of its catalogue.

    Shapes:  asked: who asks, where and when (no item); words: folded.
    Units:   price_min and price_max per one of an item's own unit, as the channel shows prices.
    """

    asked: Asked
    look: Look = ANYTHING
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    in_stock: bool = False
    sort: str = "code"
    language: str | None = None
    limit: int = 48
    after: Mark | None = None


class Row(NamedTuple):
    """An item as it is shown: with its price, and what the warehouses hold (none: nobody counts it)."""

    item: Item
    answered: Answered
    shelves: Sequence[Shelf]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, how many it has in all, and where the next page begins."""

    rows: tuple[Row, ...]
    total: int
    next: Mark | None
    shows: str
    book: Snapshot
    at: datetime
    holds_until: datetime | None


class Catalogue:
    """What a process keeps in order to look through a catalogue: the register of items, and standings of askers."""

    def __init__(self, database: Database, live: LivePrices | None = None) -> None:
        """Nothing is read before somebody asks. With `live` the ERP is asked what the rows of a page cost."""
        self._live = live
        self._database = database
        self._lock = threading.Lock()
        self._register: Register | None = None
        self._askers: OrderedDict[tuple[object, ...], Asker] = OrderedDict()

    def page(self, wanted: Wanted) -> Page:
        """One page.

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
        _check_names(book, wanted.look)
        with self._lock:
            register = self._followed(newest)
            entries = register.at(book.revision)
            codes = register.found(entries, wanted.look)
        if wanted.in_stock:
            codes = self._in_stock(book, codes)
        for _ in range(TRIES_MAX):
            standings = self._standings(context, codes, book)
            keys = [key for code in codes if (key := _key(wanted, entries[code], standings[code])) is not None]
            chosen = _behind(wanted, keys)
            rows = self._rows(book, context, [key[-1] for key in chosen[: wanted.limit]])
            if all(_stands(row, standings, shows) for row in rows):
                break
        following = None
        if len(chosen) > wanted.limit:
            following = Mark(book.revision, book.reading.epoch, context.at, chosen[wanted.limit - 1])
        ends = [end for key in keys if (end := standings[key[-1]].until) is not None]
        holds_until = min(ends, default=None)
        return Page(tuple(rows), len(keys), following, shows, book, context.at, holds_until)

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

    def _standings(self, context: Asked, codes: Sequence[str], book: Snapshot) -> Mapping[str, Standing]:
        newest = snapshot(self._database)
        asker = self._asker(context, newest)
        with asker.lock, self._lock:
            if not asker.follow(newest, self._followed(newest)):
                asker.forget(newest)
        found = asker.of(codes, book, context)
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


def check_needs_no_prices(wanted: Wanted) -> None:
    """Refuse what could only be answered by asking the ERP for the price of every item.

    Errors:  Malformed.
    """
    if wanted.sort in BY_PRICE:
        raise _by_price("sort", f"sorted by {wanted.sort!r}", "Sort by code or name.")
    for field, amount in (("price_min", wanted.price_min), ("price_max", wanted.price_max)):
        if amount is not None:
            raise _by_price(field, "filtered by price", f"Leave {field} out.")


def _by_price(field: str, how: str, remedy: str) -> Malformed:
    text = f"Prices are asked of the management system one by one here, so a catalogue cannot be {how}."
    return malformed(field, "prices_asked_live", text, remedy)


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


def _key(wanted: Wanted, entry: Entry, standing: Standing) -> Key | None:
    """Where an item stands in the order that is wanted; None where it is not in it."""
    rank, amount = standing.rank, standing.amount
    if rank == ABSENT:
        return None
    low, high = wanted.price_min, wanted.price_max
    if (low is not None or high is not None) and (
        amount is None or (low is not None and amount < low) or (high is not None and amount > high)
    ):
        return None
    sort = wanted.sort
    if sort == "price":
        return rank, ZERO if amount is None else amount, entry.code
    if sort == "-price":
        return rank, ZERO if amount is None else amount.copy_negate(), entry.code
    if sort in ("name", "-name"):
        return entry.name(wanted.language) or folded(entry.code), entry.code
    return (entry.code,)


def _behind(wanted: Wanted, keys: Iterable[Key]) -> list[Key]:
    """The first rows behind the mark, one more than a page holds."""
    last = wanted.after.key if wanted.after is not None else None
    if wanted.sort in ("-code", "-name"):
        return nlargest(wanted.limit + 1, [key for key in keys if key < last] if last is not None else keys)
    return nsmallest(wanted.limit + 1, [key for key in keys if key > last] if last is not None else keys)


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

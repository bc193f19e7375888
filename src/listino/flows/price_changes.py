"""What will change for a customer in a period, and when: each price followed from one of its changes to the next."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from listino.core.errors import Fault, NotFound
from listino.core.facts import Assignment, Item
from listino.core.keys import assigned_key
from listino.core.question import NoPrice, Price
from listino.core.rules import Rule
from listino.db.engine import Database
from listino.db.past_lines import items_bought
from listino.db.snapshot import Snapshot, snapshot_apart, under, version, versions
from listino.flows.price import Asked, buyer_for, pair_for, prefetched, price, question_for, ware_for

ITEMS_PER_PIECE = 50
CODES_PER_PIECE = 5_000
# An item's price is followed over at most so many moments at which it could change.
MOMENTS_MAX = 200
JUST_BEFORE = timedelta(microseconds=1)

Outcome = Price | NoPrice


@dataclass(frozen=True, slots=True)
class Choice:
    """Which items: one, those of a group, all; without any, what the customer bought or has own prices for."""

    item: str | None = None
    item_group: str | None = None
    all: bool = False


@dataclass(frozen=True, slots=True)
class ChangesHead:
    """For whom and for which period changes follow, and the one revision that all of them are read from."""

    asked: Asked
    until: datetime
    currency: str
    revision: int
    epoch: str


@dataclass(frozen=True, slots=True)
class PriceChange:
    """An item's price, or that there is none, before and from an instant on."""

    item: Item
    at: datetime
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class TooMany:
    """An item whose price could change at more moments than are followed; `at` is the first that was not."""

    item: Item
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangesEnd:
    """The end: how many items were followed, and how many changes they have."""

    items: int
    changes: int


ChangesPart = ChangesHead | tuple[PriceChange | TooMany, ...] | ChangesEnd


def price_changes(
    database: Database, context: Asked, until: datetime, choice: Choice, known_at: int | datetime | None = None
) -> Iterator[ChangesPart]:
    """The changes from `context.at` on and before `until`, item by item, those of an item in order of time.

    What changes at the very beginning of the period counts. Parts may be empty: each is a bounded
    amount of work.
    Errors:  NotFound for an unknown customer, channel, item or item group; Malformed for the item's unit;
             Malformed and Gone for `known_at`.
    """
    with snapshot_apart(database, known_at) as book:
        buyer = buyer_for(book, context)
        _check(book, context, choice)
        currency = context.currency or buyer.currency
        yield ChangesHead(context, until, currency, book.revision, book.reading.epoch)
        items = changes = 0
        for page in _chosen(book, choice, context.customer):
            found = tuple(_changes(book, context, until, page))
            items += len(page)
            changes += sum(isinstance(one, PriceChange) for one in found)
            yield found
        yield ChangesEnd(items, changes)


def _check(book: Snapshot, context: Asked, choice: Choice) -> None:
    if choice.item is not None:
        asked = replace(context, item=choice.item)
        question_for(book, pair_for(book, asked), asked)
    group = choice.item_group
    if group is not None and version(book, "item-groups", group) is None:
        text = f"There is no item_group {group!r}."
        fault = Fault("item_group", "unknown_item_group", text, "Name one of item-groups.")
        raise NotFound("unknown_item_group", text, (fault,))


def _changes(book: Snapshot, context: Asked, until: datetime, page: Sequence[Item]) -> Iterator[PriceChange | TooMany]:
    asked = [replace(context, item=item.code, at=context.at - JUST_BEFORE, breaks=False) for item in page]
    book.known.clear()
    prefetched(book, asked)
    for item, one in zip(page, asked, strict=True):
        yield from _followed(book, item, one, until)


def _followed(book: Snapshot, item: Item, asked: Asked, until: datetime) -> Iterator[PriceChange | TooMany]:
    """The changes of one item's price, from each moment at which it could change to the next."""
    before = price(book, asked).price
    for moment in range(MOMENTS_MAX + 1):
        at = before.next_change_at
        if at is None or at >= until:
            return
        if moment == MOMENTS_MAX:
            yield TooMany(item, at)
            return
        after = price(book, replace(asked, at=at)).price
        if _shown(before) != _shown(after):
            yield PriceChange(item, at, before, after)
        before = after


def _shown(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, NoPrice):
        return (outcome.reason,)
    return (outcome.net_price, outcome.gross_price, outcome.per)


def _chosen(book: Snapshot, choice: Choice, customer: str | None) -> Iterator[list[Item]]:
    """The active items to be followed, by code, in pages that may be empty."""
    if choice.item is not None:
        yield [ware_for(book, choice.item).item]
    elif choice.all or choice.item_group is not None:
        every = (found.fact for _, found in versions(book, "items") if isinstance(found.fact, Item))
        while page := list(islice(every, ITEMS_PER_PIECE)):
            yield [item for item in page if item.status == "active" and _is_in(book, item, choice.item_group)]
    else:
        codes: set[str] = set()
        for part in _own_codes(book, customer):
            codes.update(part)
            yield []
        ordered = iter(sorted(codes))
        while chunk := list(islice(ordered, ITEMS_PER_PIECE)):
            yield [item for item in _items(book, chunk) if item.status == "active"]


def _is_in(book: Snapshot, item: Item, group: str | None) -> bool:
    return group is None or group in ware_for(book, item.code).values["T"]


def _items(book: Snapshot, codes: Sequence[str]) -> Iterator[Item]:
    for code in codes:
        with suppress(NotFound):  # It was bought, and is there no longer.
            yield ware_for(book, code).item


def _own_codes(book: Snapshot, customer: str | None) -> Iterator[Sequence[str]]:
    """The items that a customer has bought, or has prices of its own for: in rules, or in lists given to it alone."""
    if customer is None:
        return
    yield from items_bought(book.reading.connection, customer)
    key = assigned_key("customer", customer)
    given = {one.list for one in under(book, (key,)).get(key, ()) if isinstance(one, Assignment)}
    for target in (("customers", customer), *(("price-lists", code) for code in sorted(given))):
        rules = (found.fact for _, found in versions(book, "rules", "", target) if isinstance(found.fact, Rule))
        own = (
            rule.variant or rule.item
            for rule in rules
            if (rule.customer == customer or rule.list in given) and (rule.variant or rule.item)
        )
        while part := list(islice(own, CODES_PER_PIECE)):
            yield [code for code in part if code is not None]

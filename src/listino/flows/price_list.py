"""A customer asks for all its prices: every item that it can buy, resolved one by one, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice

from listino.core.facts import Item
from listino.core.ladder import ladder_holds_until
from listino.core.money import NINE_PLACES
from listino.core.question import NoPrice, Price, UnitPrice
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot_apart, versions
from listino.flows.price import Answered, Asked, buyer_for, pair_for, prefetched, price, question_for

# So many items are priced in one go: a piece of work of some hundredths of a second.
ITEMS_PER_PIECE = 100


@dataclass(frozen=True, slots=True)
class ListHead:
    """For whom and when a resolved price list holds, and the one revision that all of it is read from."""

    asked: Asked
    currency: str
    revision: int
    epoch: str


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item with its price at the smallest quantity that has one, its breaks, and how long all of that holds.

    Shapes:  ladder: as `core.ladder.ladder` answers it, the first rung being that of `price`.
    """

    item: Item
    price: Price
    ladder: tuple[tuple[Decimal, UnitPrice], ...]
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ListEnd:
    """The end of a resolved price list: how many items have a price, and how many that could be bought have none."""

    items: int
    without_price: int


ListPart = ListHead | tuple[ListedItem, ...] | ListEnd


def price_list(
    database: Database, context: Asked, known_at: int | datetime | None = None, after: str = ""
) -> Iterator[ListPart]:
    """Every item that a customer can buy, by code from behind `after` on: first a head, then pages, then the end.

    Errors:  NotFound for an unknown customer or channel; Malformed and Gone for `known_at`.
    """
    with snapshot_apart(database, known_at) as book:
        buyer = buyer_for(book, context)
        yield ListHead(context, context.currency or buyer.currency, book.revision, book.reading.epoch)
        items = (found.fact for _, found in versions(book, "items", after) if isinstance(found.fact, Item))
        priced = without = 0
        while page := list(islice(items, ITEMS_PER_PIECE)):
            answers = _priced(book, context, [item for item in page if item.status == "active"])
            listed = tuple(one for one in answers if one is not None)
            priced, without = priced + len(listed), without + len(answers) - len(listed)
            yield listed
        yield ListEnd(priced, without)


def _priced(book: Snapshot, context: Asked, items: list[Item]) -> list[ListedItem | None]:
    """The items that can be bought, each with its price, or None where it has none."""
    asked = [replace(context, item=item.code, explain="none", breaks=False, ladder=True) for item in items]
    book.known.clear()
    prefetched(book, asked)
    listed: list[ListedItem | None] = []
    for item, one in zip(items, asked, strict=True):
        answered = _from_the_first_break(book, one, price(book, one))
        outcome = answered.price
        if not isinstance(outcome, NoPrice):
            until = _holds_until(book, one, outcome.next_change_at)
            listed.append(ListedItem(item, outcome, answered.ladder or (), until))
        elif outcome.reason != "not_in_assortment":
            listed.append(None)
    return listed


def _holds_until(book: Snapshot, asked: Asked, at_this_quantity: datetime | None) -> datetime | None:
    pair = pair_for(book, asked)
    try:
        return ladder_holds_until(question_for(book, pair, asked), pair.facts)
    except ArithmeticError:  # A break whose amounts are out of range is not listed either.
        return at_this_quantity


def _from_the_first_break(book: Snapshot, asked: Asked, answered: Answered) -> Answered:
    """The price at the smallest quantity that has one; mostly that is the quantity that was asked, 1."""
    if not answered.ladder:
        return answered
    start, first = answered.ladder[0]
    outcome = answered.price
    if not isinstance(outcome, NoPrice) and (outcome.net_price, outcome.per) == (first.net_price, first.per):
        return answered
    smallest = price(book, replace(asked, quantity=start or NINE_PLACES, ladder=False))
    return replace(smallest, ladder=answered.ladder)

"""What a browser may know of an item: its price, that it is on request, or nothing at all.

An item that is not there, not active, outside the assortment, in a hidden price list, or priced for others alone is
the same to it: there is no such item. Of what is on request no amount is told, at no quantity.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.errors import Malformed, NotFound, Refused, malformed
from listino.core.money import NINE_PLACES
from listino.core.question import NoPrice, Price, UnitPrice
from listino.flows.basket import Basket, LineFound, basket
from listino.flows.circles import unknown
from listino.flows.live import LivePrices, settle
from listino.flows.price import Answered, Asked, Snapshot, buyer_for, line_of, prefetched, price
from listino.flows.prior import priced

ON_REQUEST = "on_request"
# Why there is no price of what a browser is not to know of.
UNSEEN = frozenset(["not_in_assortment", "item_blocked", "item_ended"])
# Why there is none that this customer may have; at another quantity there may be.
FOR_OTHERS = frozenset(["no_price", "erp_no_price"])


def browsed(book: Snapshot, asked: Sequence[Asked], live: LivePrices | None, now: datetime) -> list[Answered | Refused]:
    """What a browser is told of each question: a price or none, or that there is no such item.

    Errors:  NotFound for an unknown channel or customer.
    """
    prefetched(book, asked)
    if live is not None:
        settle(book, [one for one in asked if is_for_it(book, one)], live, now)
    return [_told(book, one) for one in asked]


def browsed_one(book: Snapshot, asked: Asked, live: LivePrices | None, now: datetime) -> Answered:
    """What a browser is told of one question.

    Errors:  NotFound for what it is not to know of; Malformed for a unit that the item has not.
    """
    (told,) = browsed(book, (asked,), live, now)
    if isinstance(told, Refused):
        raise told
    return told


def is_on_request(answered: Answered) -> bool:
    """Whether a price is told on request alone."""
    return visibility_of(answered.price) == ON_REQUEST


def is_unseen(answered: Answered) -> bool:
    """Whether a browser is not to know of the item at all."""
    outcome = answered.price
    if isinstance(outcome, NoPrice):
        return outcome.reason in UNSEEN or answered.facts.refusal is not None
    return visibility_of(answered.price) == "hidden"


def visibility_of(outcome: Price | NoPrice) -> str:
    """Whether a price may be shown, as the lists say that it, or a part of it, comes from."""
    if isinstance(outcome, NoPrice):
        return "shown"
    parts = outcome.segments or (outcome,)
    found = {part.price_list.visibility for part in (outcome, *parts) if part.price_list is not None}
    return next((said for said in ("hidden", ON_REQUEST) if said in found), "shown")


def is_for_it(book: Snapshot, asked: Asked) -> bool:
    """Whether our own book says that a browser may know of an item, and has a price of it to show.

    Of nothing else the ERP is asked: how long it takes would tell which of what is not there is there for others.
    """
    found = _seen(book, asked)
    return found is not None and not _is_for_others(book, asked, found)


def _seen(book: Snapshot, asked: Asked) -> Answered | None:
    """What our own book says of a question, if a browser may see it."""
    try:
        found = price(book, asked)
    except Refused:
        return None
    return None if is_unseen(found) or is_on_request(found) else found


def _told(book: Snapshot, asked: Asked) -> Answered | Refused:
    try:
        answered = priced(book, asked)
    except NotFound as error:
        if error.code != "unknown_item":
            raise
        return unknown("items", "item", asked.item)
    except Malformed:  # No such unit; which there is no telling of an item that there is not.
        return without_unit(book, asked)
    return as_seen(book, asked, answered)


def as_seen(book: Snapshot, asked: Asked, answered: Answered) -> Answered | Refused:
    """What of an answer a browser may see, or that there is no such item."""
    if is_unseen(answered) or _is_for_others(book, asked, answered):
        return unknown("items", "item", asked.item)
    if not is_on_request(answered):
        show_breaks(book, asked, answered)
    return answered


def _is_for_others(book: Snapshot, asked: Asked, answered: Answered) -> bool:
    """Whether there is no price that this customer may have, however much is bought."""
    outcome = answered.price
    if not isinstance(outcome, NoPrice) or outcome.reason not in FOR_OTHERS:
        return False
    ladder = answered.ladder if asked.ladder else price(book, replace(asked, ladder=True)).ladder
    return not ladder


def without_unit(book: Snapshot, asked: Asked) -> Refused:
    """What a browser is told that asks by a unit which the item has not."""
    found = _told(book, replace(asked, unit=None))
    if isinstance(found, Refused):
        return found
    text = f"Item {asked.item!r} is not sold by the unit {asked.unit!r}."
    return malformed("unit", "unknown_unit", text, "Leave the unit out, to ask in the item's own.")


def show_breaks(book: Snapshot, asked: Asked, answered: Answered) -> None:
    """Leave those quantity breaks in an answer whose price a browser may see; most books hold no other."""
    chain = buyer_for(book, asked).chain.values()
    if all(place.list.visibility == "shown" for place in chain):
        return
    if answered.next_break is not None and not _seen_at(book, asked, answered.next_break[0]):
        answered.next_break = None
    if answered.ladder is not None:
        answered.ladder = tuple(_shown_rungs(book, asked, answered.ladder))


def _shown_rungs(
    book: Snapshot, asked: Asked, ladder: Iterable[tuple[Decimal, UnitPrice]]
) -> Iterable[tuple[Decimal, UnitPrice]]:
    return (rung for rung in ladder if _seen_at(book, asked, rung[0]))


def _seen_at(book: Snapshot, asked: Asked, quantity: Decimal) -> bool:
    return _seen(book, replace(asked, quantity=quantity or NINE_PLACES, ladder=False, breaks=False)) is not None


class BrowsedBasket(NamedTuple):
    """Lines that are bought together, as a browser may see them.

    Shapes:  on_request: by their places the lines whose price is on request; is_whole: nothing that an offer adds was
             left out.
    """

    basket: Basket
    on_request: dict[int, Answered]
    is_whole: bool


def browsed_basket(
    book: Snapshot, context: Asked, asked: Sequence[Asked | Refused], live: LivePrices | None, now: datetime
) -> BrowsedBasket:  # a question and the world that it is asked of
    """What a browser is told of lines that are bought together.

    They are priced without those that are on request and those of which it is not to know, and so is what offers
    add: no amount tells what these cost.

    Errors:  NotFound for an unknown channel or customer; Malformed where amounts have too many digits.
    """
    told = iter(browsed(book, [one for one in asked if isinstance(one, Asked)], live, now))
    on_request: dict[int, Answered] = {}
    lines: list[Asked | Refused] = []
    not_given: set[str] = set()
    for place, one in enumerate(asked):
        lines.append(one)
        if isinstance(one, Asked):
            _withhold(lines, place, next(told), on_request)
    while True:
        found = basket(book, context, lines, not_given)
        # What lines measure together may bring another list than each by itself.
        before = _left_out(lines, not_given)
        for place, line in enumerate(found.lines):
            if isinstance(line, LineFound):
                _withhold(lines, place, line.answered, on_request)
        for goods in found.price.free_goods:
            if _seen(book, line_of(context, goods.item, goods.quantity, goods.unit)) is None:
                not_given.add(goods.item)
        if _left_out(lines, not_given) == before:
            break
    for one, line in zip(asked, found.lines, strict=True):
        if isinstance(one, Asked) and isinstance(line, LineFound):
            show_breaks(book, one, line.answered)
    return BrowsedBasket(found, on_request, not not_given)


def _left_out(lines: Sequence[Asked | Refused], not_given: Collection[str]) -> int:
    return len(not_given) + len([line for line in lines if isinstance(line, Refused)])


def _withhold(
    lines: list[Asked | Refused], place: int, told: Answered | Refused, on_request: dict[int, Answered]
) -> None:
    """Take a line out of a basket of which a browser is not to see a price."""
    one = lines[place]
    if isinstance(told, Refused):
        lines[place] = told
    elif is_on_request(told):
        on_request[place], lines[place] = told, Refused(ON_REQUEST, "The price is told on request.")
    elif is_unseen(told) and isinstance(one, Asked):
        lines[place] = unknown("items", "item", one.item)

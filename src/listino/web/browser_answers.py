"""A price as a browser is told it: of the price door's answer those fields that are named for it, and no others."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from listino.core.basket import BasketPrice
from listino.core.explain import no_price_text, text_in
from listino.core.money import plain
from listino.core.question import NoPrice
from listino.flows.basket import LineFound
from listino.flows.browsing import ON_REQUEST, is_on_request
from listino.flows.price import Answered, Snapshot
from listino.web.answers import instant_text, price_answer
from listino.web.basket_answers import line_answer, parts
from listino.web.browser_messages import (
    BrowserBasketCharge,
    BrowserBasketParts,
    BrowserCharge,
    BrowserGoods,
    BrowserPrice,
)
from listino.web.messages import BreakLine, ChargeLine, PriceAnswer

NO_PRICE = "no_price"
ON_REQUEST_TEXT = "The price is told on request."
_MADE_HERE = frozenset(["outcome", "item", "name", "reason", "text", "own_lines"])
_TAKEN_OVER = tuple(name for name in BrowserPrice.__struct_fields__ if name not in _MADE_HERE)
_OF_CHARGE = BrowserCharge.__struct_fields__
_OF_GOODS = BrowserGoods.__struct_fields__
_OF_BASKET = BrowserBasketCharge.__struct_fields__


def browser_price(answered: Answered, language: str | None) -> tuple[BrowserPrice, datetime | None]:
    """What a browser is told, and before when it cannot be otherwise without a new revision (None: at no time).

    Whether it may know of the item at all is decided before.
    """
    if is_on_request(answered):
        return _no_price(answered, language, (ON_REQUEST, ON_REQUEST_TEXT)), answered.price.next_change_at
    answer = price_answer(answered, "none", language, full=False)
    changes_at = None if answer.next_change_at is None else datetime.fromisoformat(answer.next_change_at)
    return _told(answered, answer, language), changes_at


def basket_line(found: LineFound, language: str | None) -> BrowserPrice:
    """What a browser is told of a line of a basket, its amounts with what the basket takes off or adds."""
    return _told(found.answered, line_answer(found, "none", language, full=False), language)


def basket_parts(price: BasketPrice, language: str | None, promise: tuple[str, datetime] | None) -> BrowserBasketParts:
    """What a browser is told of a basket beside its lines; the promise is its quote, and until when that holds."""
    beside = parts(price, "none", language, promise)
    return BrowserBasketParts(
        [BrowserGoods(*[getattr(goods, field) for field in _OF_GOODS]) for goods in beside.free_goods],
        [BrowserBasketCharge(*[getattr(charge, field) for field in _OF_BASKET]) for charge in beside.charges],
        beside.totals, beside.quote, beside.quote_expires_at,
    )  # fmt: skip


def _told(answered: Answered, answer: PriceAnswer, language: str | None) -> BrowserPrice:
    if isinstance(answered.price, NoPrice):
        # Why it is so is the company's business: a cost that is not known, a rate of exchange.
        return _no_price(answered, language, (NO_PRICE, no_price_text(NO_PRICE)), answer.ladder)
    name = text_in(answered.facts.item.name, language)
    told = BrowserPrice("price", answer.item, name, answer.quantity, answer.unit, answer.currency)
    for field in _TAKEN_OVER:
        setattr(told, field, getattr(answer, field))
    if answer.own_lines is not UNSET:
        told.own_lines = [_charge(line) for line in answer.own_lines]
    return told


def _charge(line: ChargeLine) -> BrowserCharge:
    return BrowserCharge(*[getattr(line, field) for field in _OF_CHARGE])


def _no_price(
    answered: Answered, language: str | None, why: tuple[str, str], ladder: list[BreakLine] | UnsetType = UNSET
) -> BrowserPrice:
    outcome, name = answered.price, text_in(answered.facts.item.name, language)
    quantity = plain(outcome.quantity)
    told = BrowserPrice(NO_PRICE, outcome.item, name, quantity, outcome.unit, outcome.currency, *why)
    told.ladder = ladder
    return told


def browser_moment(at: datetime, book: Snapshot, shows: str) -> bytes:
    """The end of every answer to a browser: how its prices are shown, the moment and the revision it holds for."""
    return (
        f',"shows":"{shows}","at":"{instant_text(at)}","revision":{book.revision},"epoch":"{book.reading.epoch}"}}'
    ).encode()

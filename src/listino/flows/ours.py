"""What we charge for lines of an order: each by itself, or together where they look at each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from listino.core.basket_question import FreeGoods, OrderCharge, PricedLine
from listino.core.errors import Refused
from listino.core.money import ZERO
from listino.core.orders import Amounts, own_amounts
from listino.core.question import OwnCharge, Price
from listino.db.snapshot import Snapshot
from listino.flows.basket import Basket, LineFound, basket
from listino.flows.price import Answered, Asked, Pair, pair_for, prefetched, price_of


@dataclass(slots=True)
class OurLine:
    """A line at our price, or the reason why there is none; `priced` is what it comes to with the others."""

    answered: Answered | str
    priced: PricedLine | None = None

    @property
    def price(self) -> Price | None:
        """The line's price by itself."""
        found = self.answered.price if isinstance(self.answered, Answered) else None
        return found if isinstance(found, Price) else None


@dataclass(slots=True)
class Ours:
    """Lines at our prices; the basket is that of which they are the lines, None where each stands alone."""

    lines: tuple[OurLine, ...]
    basket: Basket | None = None


def our_prices(book: Snapshot, context: Asked, asked: Sequence[Asked]) -> Ours:
    """Lines as they are bought together; no detour where none of them looks at another."""
    prefetched(book, asked)
    pairs = [_pair_of(book, one) for one in asked]
    if all(isinstance(pair, str) or pair.alone for pair in pairs):
        return _each_alone(book, pairs, asked)
    try:
        return of_basket(basket(book, context, asked))
    except Refused:  # Amounts that are out of range: told of the line that they are in.
        return by_themselves(book, asked)


def by_themselves(book: Snapshot, asked: Sequence[Asked]) -> Ours:
    """Lines as if each were asked for alone."""
    return _each_alone(book, [_pair_of(book, one) for one in asked], asked)


def _each_alone(book: Snapshot, pairs: Sequence[Pair | str], asked: Sequence[Asked]) -> Ours:
    answers = (
        pair if isinstance(pair, str) else _by_itself(book, pair, one) for pair, one in zip(pairs, asked, strict=True)
    )
    return Ours(tuple(OurLine(answer) for answer in answers))


def of_basket(found: Basket) -> Ours:
    """The lines of a basket."""
    return Ours(
        tuple(
            OurLine(line.answered, line.priced) if isinstance(line, LineFound) else OurLine(line.code)
            for line in found.lines
        ),
        found,
    )


def _pair_of(book: Snapshot, asked: Asked) -> Pair | str:
    """The facts for a line, or the reason why there are none."""
    try:
        return pair_for(book, asked)
    except Refused as error:
        return error.code


def _by_itself(book: Snapshot, pair: Pair, asked: Asked) -> Answered | str:
    try:
        return price_of(book, pair, asked)
    except Refused as error:
        return error.code


def amounts_of(ours: Ours, charged: Sequence[bool], currency: str) -> list[Amounts | None]:
    """What lines come to at our prices, where they are charged by them."""
    wanted = [line if ours_too else None for line, ours_too in zip(ours.lines, charged, strict=True)]
    if ours.basket is not None:
        return [_of_priced(line) for line in wanted]
    prices = [line.price for line in wanted if line is not None]
    amounts = iter(own_amounts(tuple(price for price in prices if price is not None), currency))
    return [next(amounts) if line is not None and line.price is not None else None for line in wanted]


def _of_priced(line: OurLine | None) -> Amounts | None:
    priced = line.priced if line is not None else None
    return whole(priced) if priced is not None and priced.net is not None else None


def whole(part: PricedLine | FreeGoods | OrderCharge | OwnCharge) -> Amounts:
    """The amounts of a part of a basket, without tax where none is known; nothing of a line without a price."""
    net = ZERO if part.net is None else part.net
    if part.tax is None or part.gross is None:
        return Amounts(net, net - net, net)
    return Amounts(net, part.tax, part.gross)

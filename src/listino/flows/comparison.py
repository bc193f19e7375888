"""What a store charged for the lines of an order beside what we charge for them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from listino.core.basket_question import PricedLine
from listino.core.errors import Refused
from listino.core.orders import Amounts, Order, OrderLine, differs, stated_amounts, total
from listino.core.question import NoPrice, OwnCharge, Price
from listino.core.reservations import reserved_of_rules
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.basket import NOTHING_USED
from listino.flows.ours import OurLine, Ours, amounts_of, by_themselves, our_prices, whole
from listino.flows.price import Answered, Asked

DIFFERENCE = "price_difference"


@dataclass(slots=True)
class TakenLine:
    """A line of a taken order: what was said, what it comes to, our price, and why it must be looked at.

    Shapes:  charged: the price of ours that the amounts are, that of now or one that was shown before;
             priced: what the basket makes of the line; own_lines: charges beside it that it is charged.
    """

    said: OrderLine
    amounts: Amounts | None
    ours: Answered | None
    held: tuple[str, ...]
    charged: Answered | None
    priced: PricedLine | None = None
    own_lines: tuple[OwnCharge, ...] = ()


@dataclass(slots=True)
class Asking:
    """The lines of an order as they are asked for, and as of which book they are first."""

    book: Snapshot
    order: Order
    context: Asked
    asked: Sequence[Asked]
    said: Sequence[OrderLine]


def compared_lines(asking: Asking, ours: Ours, *, quoted: bool = False) -> list[TakenLine]:
    """Every line with our price beside it, and the reasons for which a person must look at it.

    What was `quoted` is all that may be charged; without, every price counts that a store may have shown.
    """
    currency = asking.order.currency
    charged = [not states_amounts(said) for said in asking.said]
    shown = _Shown(asking, ours, quoted=quoted)
    lines = [
        _compared(said, line, own, shown, index)
        for index, (said, line, own) in enumerate(
            zip(asking.said, ours.lines, amounts_of(ours, charged, currency), strict=True)
        )
    ]
    if ours.basket is not None and any(DIFFERENCE in line.held for line in lines):
        _settle_by_item(lines, currency)
    return lines


def _settle_by_item(lines: list[TakenLine], currency: str) -> None:
    """A reduction of one of several lines of an item may stand on any of them: what they come to together counts."""
    by_item: dict[str, list[TakenLine]] = {}
    for line in lines:
        by_item.setdefault(line.said.item, []).append(line)
    for group in by_item.values():
        stated = [line.amounts for line in group if line.amounts is not None and states_amounts(line.said)]
        ours = [whole(line.priced) for line in group if line.priced is not None and line.priced.net is not None]
        if not len(group) == len(stated) == len(ours):
            continue
        together = total(tuple(ours))
        if not differs(total(tuple(stated)), (together.net, together.gross), currency, group[0].said):
            for line in group:
                line.held = tuple(reason for reason in line.held if reason != DIFFERENCE)
                line.charged = line.charged or line.ours


def states_amounts(said: OrderLine) -> bool:
    """Whether a store says what it charged for a line."""
    return said.net_price is not None or said.net is not None or said.gross is not None


def _compared(said: OrderLine, line: OurLine, own: Amounts | None, shown: "_Shown", index: int) -> TakenLine:
    answered, price, held = line.answered, line.price, []
    if isinstance(answered, str):
        held.append(answered)
    elif isinstance(answered.price, NoPrice):
        held.append(answered.price.reason)
    percent = price.tax_fact.percent if price is not None and price.tax_fact is not None else None
    amounts, contradictory = stated_amounts(said, percent, shown.currency)
    if contradictory:
        held.append("amounts_do_not_add_up")
    ours = None if isinstance(answered, str) else answered
    charged = ours
    if price is not None and amounts is None:
        amounts = own
        if price.tax is None:
            held.append("tax_unknown")
    elif price is not None and amounts is not None:
        charged = shown.as_charged(index, amounts)
        if charged is None:
            held.append(DIFFERENCE)
    own_lines = line.priced.own_lines if line.priced is not None and not states_amounts(said) else ()
    return TakenLine(said, amounts, ours, tuple(held), charged, line.priced, own_lines)


class _Shown:
    """Our prices as a store may have shown them: those of now, and (worked out only if needed) of before."""

    def __init__(self, asking: Asking, ours: Ours, *, quoted: bool) -> None:
        self._asking = asking
        self.currency = asking.order.currency
        self._known: list[tuple[Ours, bool]] = []
        self._further = iter([(ours, False)]) if quoted else self._all(ours)

    def as_charged(self, index: int, amounts: Amounts) -> Answered | None:
        """The price of ours that a line was charged by; None where it never was one."""
        said, asked = self._asking.said[index], self._asking.asked[index]
        for ours, unused in self._variants():
            line = ours.lines[index]
            answered, price = line.answered, line.price
            if isinstance(answered, str) or price is None:
                continue
            if all(differs(amounts, way, self.currency, said) for way in _ways(line, price)):
                continue
            # As if nothing were used up counts only where something was: then the ledger holds the order.
            if not unused or reserved_of_rules([(price, answered.facts)], asked.customer, asked.at):
                return answered
        return None

    def _variants(self) -> Iterator[tuple[Ours, bool]]:
        yield from self._known
        for one in self._further:
            self._known.append(one)
            yield one

    def _all(self, ours: Ours) -> Iterator[tuple[Ours, bool]]:
        """As now; as the book stood when the order was placed; and both as if nothing were used up yet."""
        asking = self._asking
        yield ours, False
        books = [asking.book]
        with suppress(Refused):  # What was known then may no longer be kept.
            books.append(snapshot(asking.book.database, asking.order.ordered_at))
        for usage in (None, NOTHING_USED):
            asked = [replace(one, usage=usage) for one in asking.asked]
            for book in books:
                together = ours
                if usage is not None or book is not asking.book:
                    together = our_prices(book, replace(asking.context, usage=usage), asked)
                    yield together, usage is not None
                if together.basket is not None:
                    yield by_themselves(book, asked), usage is not None


def _ways(line: OurLine, price: Price) -> Iterator[tuple[Decimal, Decimal | None]]:
    """The net and gross amounts as which a store may state one line of ours."""
    yield price.net, price.gross
    priced = line.priced
    if priced is None or priced.net is None:
        return
    yield priced.net, priced.gross
    if priced.own_lines:  # With what stands beside the line put into it.
        beside = total(tuple(whole(own) for own in priced.own_lines))
        yield priced.net + beside.net, None if priced.gross is None else priced.gross + beside.gross

"""What SOAP answers around and beside the messages that it shares with REST; element by element in listino.wsdl."""

from typing import Any, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from listino.web.basket_messages import BasketCharge, FreeGoodsLine, RateTotals
from listino.web.messages import BreakLine, ChargeLine, HistoryLine, NotAppliedLine, PriceAnswer, ShareLine


class ErrorTold(NamedTuple):
    """What is wrong with one field."""

    code: str
    text: str
    field: str | None
    remedy: str | None


class ProblemTold(NamedTuple):
    """What went wrong; the field and the remedy are those of the first error."""

    code: str
    text: str
    field: str | None
    remedy: str | None
    incident: str | None
    retry_after_seconds: int | None
    errors: list[ErrorTold] | None
    ours: bool = False


class PriceLine(NamedTuple):
    """One answer of several: a price, that there is none, or why it could not be asked."""

    id: str
    price: PriceAnswer | None
    no_price: PriceAnswer | None
    error: ProblemTold | None
    shares: list[ShareLine] | None = None


class Lines(NamedTuple):
    """An answer of lines, or (without) of one price, with the revision and the moment that it holds for."""

    revision: int
    epoch: str
    at: str
    stale_since: str | None
    usage_as_of: str | None
    lines: list[PriceLine] | None = None
    price: PriceAnswer | None = None
    no_price: PriceAnswer | None = None


class TotalsTold(NamedTuple):
    """What a basket comes to, in its currency."""

    currency: str | None
    net: str
    tax: str | None
    gross: str | None
    rounding: str
    by_rate: list[RateTotals]


class BasketLines(NamedTuple):
    """A basket's lines with what stands beside them."""

    revision: int
    epoch: str
    at: str
    stale_since: str | None
    usage_as_of: str | None
    lines: list[PriceLine]
    quote: str | None
    quote_expires_at: str | None
    totals: TotalsTold
    free_goods: list[FreeGoodsLine]
    charges: list[BasketCharge]
    coupons_unused: list[str]
    next_change_at: str | None
    not_applied: list[NotAppliedLine] | UnsetType


class BreakTold(NamedTuple):
    """A quantity break: from its quantity on, or above it."""

    quantity: Any
    net_price: str
    gross_price: str | None
    per: str
    above: bool | None


def break_told(line: BreakLine) -> BreakTold:
    """A quantity break in SOAP's words."""
    above = line.above is not UNSET
    quantity = line.above if above else line.from_
    return BreakTold(quantity, line.net_price, line.gross_price, line.per, above or None)


class ParkedTold(Struct):
    """Why an order waits for a person."""

    reason: str
    text: str
    remedy: str
    tries: int


class EventTold(Struct):
    """An event that a store told of an order."""

    key: str
    kind: str
    state: str
    at: str
    received_at: str
    sequence: int | None = None
    applied_at: str | None = None
    outcome: str | None = None
    order: str | None = None
    applied: bool | None = None

    @property
    def id(self) -> str | None:
        """Our id of the order that the event is of."""
        return self.order


class StatusLine(Struct, rename={"answer": "price"}):
    """A line of an order that was taken; `answer` is our price beside it, or that there is none."""

    item: str
    quantity: str
    unit: str | None
    net_price: str | None
    net: str | None
    tax: str | None
    gross: str | None
    held: list[str]
    answer: PriceAnswer | None = None
    id: str | None = None
    text: str | None = None
    shares: list[ShareLine] | None = None
    own_lines: list[ChargeLine] | None = None
    shipped: str | None = None
    cancelled: str | None = None
    returned: str | None = None

    @property
    def price(self) -> PriceAnswer | None:
        """Our price."""
        return price_of(self.answer)

    @property
    def no_price(self) -> PriceAnswer | None:
        """That we have none, and why."""
        return no_price_of(self.answer)


class OrderStatus(Struct, rename={"said": "key"}):
    """An order as REST answers it; `said` is the key that it came under, None once that was erased."""

    id: str
    store: str
    number: str
    test: bool
    customer: str | None
    channel: str | None
    currency: str
    handover: str
    life: str
    held: list[str]
    net: str
    tax: str
    gross: str
    lines: list[StatusLine]
    erp_number: str | None
    ordered_at: str
    taken_at: str
    history: list[HistoryLine]
    revision: int
    said: str | None = None
    free_goods: list[FreeGoodsLine] | None = None
    own_charges: list[BasketCharge] | None = None
    parked: ParkedTold | None = None
    events: list[EventTold] | None = None

    @property
    def key(self) -> str:
        """By what the order is found again."""
        return self.said or self.id


def price_of(answer: PriceAnswer | None) -> PriceAnswer | None:
    """An answer, if it is a price."""
    return answer if answer is not None and answer.outcome == "price" else None


def no_price_of(answer: PriceAnswer | None) -> PriceAnswer | None:
    """An answer, if it says that there is no price."""
    return answer if answer is not None and answer.outcome != "price" else None

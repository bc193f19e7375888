"""What Listino asks of the outside: the few verbs, and the records that they exchange. Protocols only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from listino.core.alerts import Letter
from listino.core.handover import Duplicates as Duplicates
from listino.core.orders import Charge, Order, Party, Payment

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a connector declares of its ERP; the contract's tests hold it to that.

    Units:   deadline is the longest that a call may take before it is given up; settling is for how long after
             that the ERP may still commit what it was sent.
    Shapes:  zone is an IANA name, in which the ERP's bare dates are meant; last_day_included says whether an end
             date is the last day on which something holds; rounding "half_up" or "half_even"; tax_rounding "rate",
             "line" or "document".
    """

    name: str
    duplicates: Duplicates
    deadline: timedelta = timedelta(seconds=30)
    settling: timedelta = timedelta(seconds=60)
    calls_per_minute: int = 600
    zone: str = "UTC"
    last_day_included: bool = True
    rounding: str = "half_up"
    tax_rounding: str = "rate"


@dataclass(frozen=True, slots=True)
class Record:
    """One fact as the ERP holds it, in the words of our REST doors; without `said` it ended there.

    Shapes:  kind is a kind of fact ("items", "rules", ...) or "stock" (code: the item; said: `on_hand`,
             `warehouse`, `available_on`).
    """

    kind: str
    code: str
    said: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Untranslated:
    """Something in the ERP that we cannot say in our words: reported to people, never silently different."""

    kind: str
    code: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """A page of what changed in the ERP.

    Shapes:  cursor goes into the next call as `since`, once every page is kept; `complete` says that the pages
             together are all there is: what they do not name is gone.
    """

    records: tuple[Record, ...]
    cursor: str | None
    untranslated: tuple[Untranslated, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToPlace:
    """A line as it was charged: prices per one unit, amounts for the whole line, exact.

    Shapes:  kind is "item", or for goods given by a rule "free", or for what stands beside a line "own_line".
    """

    item: str
    quantity: Decimal
    unit: str | None
    net_price: Decimal | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    tax_percent: Decimal | None = None
    text: str | None = None
    kind: str = "item"
    fields: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderToPlace:
    """An order that the ERP is to hold: what the store said, and what is charged.

    Shapes:  key is "store/number", the same for ever, also after a restore; order is as the store said it
             (parties, payments, notes, ...); lines and charges are what is charged and add up to net, tax, gross;
             erp_customer is what find_or_create_customer told, where the buyer has no code.
    """

    key: str
    id: str
    store: str
    order: Order
    channel: str | None
    lines: tuple[LineToPlace, ...]
    charges: tuple[Charge, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    taken_at: datetime
    erp_customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpOrder:
    """An order as it stands in the ERP: under our key, its number there, and (where told) amounts and life.

    Shapes:  life is a word of ours: received, on_hold, confirmed, allocated, picked, shipped, invoiced, closed,
             cancelled, returned; text says more, as a parcel's number.
    """

    key: str
    number: str
    net: Decimal | None = None
    gross: Decimal | None = None
    life: str | None = None
    at: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class OrderStates:
    """A page of orders that came under our keys and changed; cursor goes into the next call as `since`."""

    orders: tuple[ErpOrder, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventToHand:
    """What became of a placed order in the store, for the ERP to follow.

    Shapes:  kind is changed, cancelled, paid, refunded or returned; key is the event's own, order_key the order's;
             order (changed) is the order as it is to be now; lines (returned) are items with quantities.
    """

    key: str
    kind: str
    order_key: str
    erp_number: str | None
    at: datetime
    order: OrderToPlace | None = None
    payment: Payment | None = None
    amount: Decimal | None = None
    lines: tuple[tuple[str, Decimal], ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAsk:
    """What an ERP is asked of a price, in its own codes."""

    item: str
    customer: str | None
    quantity: Decimal
    unit: str | None
    currency: str
    channel: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrice:
    """An ERP's own price per unit, before tax and (where it tells) with it; or why it has none."""

    currency: str
    net_price: Decimal | None = None
    gross_price: Decimal | None = None
    per: Decimal = Decimal(1)
    reason: str | None = None


class Erp(Protocol):
    """A management system: what every connector can do.

    Errors:  of every verb: Unavailable, when surely nothing was done; OutcomeUnknown, when it may have been done
             (place_order alone); ErpSaidNo, when the ERP refused and a person has to act.
    """

    @property
    def traits(self) -> Traits:
        """What this connector declares of its ERP."""
        ...

    def news(self, since: str | None) -> Iterator[News]:
        """What changed since a cursor; everything without one, or where the ERP cannot tell changes."""
        ...

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The orders that stand under our key: none, one, or (which must not be) several."""
        ...

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write an order and its lines, all or nothing."""
        ...

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """The orders under our keys that changed since a cursor; all of them without one."""
        ...


@runtime_checkable
class AsksPrices(Protocol):
    """An ERP that computes a price while a customer waits, or for a comparison."""

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        """The ERP's own price of one line."""
        ...


@runtime_checkable
class MakesCustomers(Protocol):
    """An ERP in which a new or guest buyer can be found or made."""

    def find_or_create_customer(self, buyer: Party, key: str) -> str:
        """The ERP's number of a buyer, the same for the same key however often it is asked."""
        ...


@runtime_checkable
class ChangesOrders(Protocol):
    """An ERP that follows a change of a placed order."""

    def change_order(self, event: EventToHand) -> None:
        """Make the order as it is to be now; once, however often it is asked with the same key."""
        ...


@runtime_checkable
class CancelsOrders(Protocol):
    """An ERP that follows a cancellation."""

    def cancel_order(self, event: EventToHand) -> None:
        """Cancel the order; nothing when it is cancelled already."""
        ...


@runtime_checkable
class RecordsPayments(Protocol):
    """An ERP that takes note of payments and refunds."""

    def record_payment(self, event: EventToHand) -> None:
        """Note a payment or refund; once, however often it is asked with the same key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request to the outside; body as bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """The one way to the network."""

    def send(self, request: HttpRequest, deadline: timedelta) -> HttpAnswer:
        """One request and its whole answer, by a deadline; redirects are not followed.

        Errors:  Unavailable, when surely nothing was carried out (no connection, refused address); OutcomeUnknown,
                 when bytes had gone out and no whole answer came.
        """
        ...


class Mail(Protocol):
    """The one way to people's mailboxes."""

    def send(self, letter: Letter, deadline: timedelta) -> None:
        """One letter to those whom the operator named.

        Errors:  Unavailable, also where it may have arrived.
        """
        ...

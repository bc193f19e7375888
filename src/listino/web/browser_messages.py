"""What a browser asks and is told. What is not a field here, no browser is told."""

from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from listino.web.basket_messages import BasketTotals
from listino.web.messages import Amount, BreakLine


class BrowserLine(Struct, forbid_unknown_fields=True):
    """One line that a browser asks for; `id` comes back with its answer, or its place from 1 on."""

    item: str
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    id: str | None = None


class BrowserAsk(Struct, forbid_unknown_fields=True):
    """Lines that a browser asks for, each priced by itself for whoever its token names."""

    lines: list[BrowserLine]
    ladder: bool = False


class BrowserBasketAsk(Struct, forbid_unknown_fields=True):
    """Lines that are bought together by whoever the token names."""

    lines: list[BrowserLine]


class BrowserCharge(Struct):
    """A charge that stands beside a line's amounts on a line of its own: a deposit, an eco tax, a cut."""

    label: str | None
    quantity: Amount
    price: Amount
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None


class BrowserPrice(Struct):
    """A price as a browser is told it, or that there is none."""

    outcome: str
    item: str
    name: str | None
    quantity: Amount
    unit: str
    currency: str
    reason: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    per: Amount | UnsetType = UNSET
    net_price: Amount | UnsetType | None = UNSET
    gross_price: Amount | UnsetType | None = UNSET
    list_price: Amount | UnsetType | None = UNSET
    list_gross_price: Amount | UnsetType | None = UNSET
    discount_price: Amount | UnsetType = UNSET
    discount_percent: Amount | UnsetType = UNSET
    discount: Amount | UnsetType = UNSET
    net: Amount | UnsetType = UNSET
    tax: Amount | UnsetType | None = UNSET
    gross: Amount | UnsetType | None = UNSET
    tax_percent: Amount | UnsetType | None = UNSET
    tax_category: str | UnsetType = UNSET
    tax_reason: str | UnsetType = UNSET
    reference_unit: str | UnsetType = UNSET
    reference_net_price: Amount | UnsetType = UNSET
    reference_gross_price: Amount | UnsetType | None = UNSET
    prior_net_price: Amount | UnsetType = UNSET
    prior_gross_price: Amount | UnsetType | None = UNSET
    prior_price_since: str | UnsetType = UNSET
    reduced_since: str | UnsetType = UNSET
    reduction_percent: Amount | UnsetType = UNSET
    own_lines: list[BrowserCharge] | UnsetType = UNSET
    next_break: BreakLine | UnsetType | None = UNSET
    ladder: list[BreakLine] | UnsetType = UNSET


class BrowserGoods(Struct):
    """Goods that an offer adds to the basket, for nothing or for less."""

    label: str | None
    item: str
    quantity: Amount
    unit: str
    price: Amount
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None


class BrowserBasketCharge(Struct):
    """A charge for the whole basket on a line of its own: freight, a fee, a small-order charge."""

    label: str | None
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None


class BrowserBasketParts(Struct):
    """What a browser is told of a basket beside its lines."""

    free_goods: list[BrowserGoods]
    charges: list[BrowserBasketCharge]
    totals: BasketTotals
    quote: str | None
    quote_expires_at: str | None


class MyOrderLine(Struct):
    """A line of an order: what it comes to, and how far it is."""

    item: str
    quantity: Amount
    unit: str | None
    net_price: Amount | None
    net: Amount | None
    tax: Amount | None
    gross: Amount | None
    shipped: Amount
    cancelled: Amount
    returned: Amount
    id: str | None = None
    own_lines: list[BrowserCharge] | UnsetType = UNSET


class MyOrder(Struct):
    """An order as its customer's browser sees it."""

    id: str
    number: str
    state: str
    currency: str
    net: Amount
    tax: Amount
    gross: Amount
    ordered_at: str
    taken_at: str
    lines: list[MyOrderLine]
    free_goods: list[BrowserGoods]
    charges: list[BrowserBasketCharge]
    reference: str | None
    wanted_on: str | None


class Asker(Struct):
    """Who a token says asks, and how prices are shown to them."""

    kind: str
    customer: str | None
    channel: str | None
    currency: str
    shows: str
    language: str | None
    orders: bool
    test: bool
    expires_at: str


class TokenAsk(Struct, forbid_unknown_fields=True):
    """For whom a token is wanted, from which pages it may ask, and for how long."""

    origins: list[str]
    customer: str | None = None
    channel: str | None = None
    minutes: int | None = None
    currency: str | None = None
    language: str | None = None
    items_per_hour: int | None = None
    orders: bool = False


class TokenAnswer(Struct):
    """A token, shown this once, and what it is for."""

    token: str
    expires_at: str
    kind: str
    customer: str | None
    channel: str | None
    origins: list[str]


MESSAGES = (TokenAsk, TokenAnswer, Asker, BrowserAsk, BrowserPrice, BrowserBasketAsk, BrowserBasketParts, MyOrder)

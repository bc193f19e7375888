"""The messages of a basket: what is asked together, and what is answered beside the lines."""

from msgspec import UNSET, Struct, UnsetType

from listino.web.messages import Amount, ChargeLine, NotAppliedLine, ShareLine


class FreeGoodsLine(Struct, omit_defaults=True):
    """Goods that an offer adds to the basket, for nothing or for less."""

    step: str
    rule: str
    label: str | None
    value: Amount
    item: str
    quantity: Amount
    unit: str
    price: Amount
    tax_mode: str
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None
    tax_category: str | None
    own_lines: list[ChargeLine] = []


class BasketCharge(Struct):
    """A charge for the whole basket on a line of its own: freight, a fee, a small-order charge."""

    step: str
    rule: str
    label: str | None
    value: Amount | None
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None
    tax_category: str | None
    action: str | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET
    total: Amount | UnsetType = UNSET
    base: Amount | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    rate: Amount | UnsetType = UNSET
    tax_mode: str | UnsetType = UNSET
    times: Amount | UnsetType = UNSET
    shares: list[ShareLine] | UnsetType = UNSET


class RateTotals(Struct):
    """What is taxed at one rate for one reason, and its tax."""

    tax_percent: Amount
    tax_category: str
    tax_reason: str | None
    net: Amount
    tax: Amount


class BasketTotals(Struct):
    """What a basket comes to with all that stands in it: net + tax = gross."""

    net: Amount
    tax: Amount | None
    gross: Amount | None
    rounding: Amount
    by_rate: list[RateTotals]


class BasketParts(Struct):
    """What is answered of a basket beside its lines."""

    free_goods: list[FreeGoodsLine]
    charges: list[BasketCharge]
    totals: BasketTotals
    coupons_unused: list[str]
    quote: str | None
    quote_expires_at: str | None
    next_change_at: str | None
    not_applied: list[NotAppliedLine] | UnsetType = UNSET

"""What is asked of the price and basket doors: one item, or many lines in one context."""

from decimal import Decimal

from msgspec import Struct


class ManualLine(Struct, forbid_unknown_fields=True):
    """A price, discount or charge that a person sets for one line."""

    action: str
    value: Decimal
    sign: str | None = None
    step: str | None = None
    currency: str | None = None
    unit: str | None = None
    per: Decimal = Decimal(1)
    tax_mode: str | None = None
    label: str | None = None
    reason: str | None = None


class AskedLine(Struct, forbid_unknown_fields=True):
    """One line of a batch; `id` comes back with its answer, or its place from 1 on where there is none."""

    item: str
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    id: str | None = None
    manual: list[ManualLine] = []


class BasketAsk(Struct, forbid_unknown_fields=True):
    """One context and up to 1,000 lines that are bought together."""

    lines: list[AskedLine]
    customer: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: list[str] = []
    attributes: dict[str, str | list[str]] = {}
    at: str | None = None
    delivery_at: str | None = None
    known_at: int | str | None = None
    explain: str = "applied"
    min_revision: int | None = None


class BatchAsk(BasketAsk, forbid_unknown_fields=True):
    """One context and up to 1,000 lines, each priced by itself."""

    ladder: bool = False


class PriceAsk(Struct, forbid_unknown_fields=True):
    """One item in one context."""

    item: str
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    customer: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: list[str] = []
    attributes: dict[str, str | list[str]] = {}
    at: str | None = None
    delivery_at: str | None = None
    known_at: int | str | None = None
    explain: str = "applied"
    ladder: bool = False
    min_revision: int | None = None

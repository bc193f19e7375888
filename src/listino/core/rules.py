"""The one record behind prices, discounts, surcharges and limits, and the scheme that orders them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.money import ONE, ZERO, Rounding

# One text, or a text per language tag ("en", "it-CH").
Text = str | dict[str, str]

BASE_LIST = "base"
DEFAULT_SCHEME = "agreement_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """To what and whom a rule applies: all that is set must hold.

    `attributes` are not part of it yet; `coupon` must be among the question's coupons.
    """

    customer: str | None = None
    account: str | None = None
    customer_group: str | None = None
    ship_to: str | None = None
    item: str | None = None
    variant: str | None = None
    item_group: str | None = None
    brand: str | None = None
    coupon: str | None = None
    channel: str | None = None
    country: str | None = None
    currency: str | None = None
    unit: str | None = None
    order_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One break of a scale: from a quantity on, or up to and with a quantity (None: without end)."""

    value: Decimal
    from_: Decimal | None = None
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values by quantity of the line: the tier that is reached prices all units (`volume`)."""

    tiers: tuple[Tier, ...]
    kind: str = "volume"
    measure: str = "quantity"
    by: str = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A price made from another: that of `list`, or of `basis` "cost"; then percent, amount, rounding."""

    list: str | None = None
    basis: str | None = None
    percent: Decimal = ZERO
    amount: Decimal = ZERO
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A price, discount, surcharge or limit: one record for every kind of condition.

    Units:   value in `currency` per `per` of `unit` for price, amount and limit; percent for percent;
             a limit with a `basis` is a percentage of that basis.
    """

    code: str
    action: str
    list: str | None = None
    step: str | None = None
    customer: str | None = None
    account: str | None = None
    customer_group: str | None = None
    ship_to: str | None = None
    item: str | None = None
    variant: str | None = None
    item_group: str | None = None
    brand: str | None = None
    coupon: str | None = None
    channel: str | None = None
    country: str | None = None
    currency: str | None = None
    unit: str | None = None
    order_type: str | None = None
    unless: Scope | None = None
    value: Decimal | None = None
    per: Decimal = ONE
    sign: str | None = None
    bound: str | None = None
    basis: str | None = None
    formula: Formula | None = None
    scale: Scale | None = None
    final: bool | None = None
    priority: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None
    status: str = "active"
    label: Text | None = None
    reason: str | None = None
    show_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a scheme: which rules compete in it, which of them win, and on what they work."""

    name: str
    kind: str
    label: Text | None = None
    access: tuple[str, ...] = ()
    pick: str = "specific"
    rank: tuple[str, ...] = ()
    base: str = "running"
    combine: str = "cascade"
    currency_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The order in which a channel's prices are made: steps, carried out one after the other."""

    code: str
    steps: tuple[Step, ...]
    name: Text | None = None

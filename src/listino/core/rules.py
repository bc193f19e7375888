"""The one record behind prices, discounts, surcharges and limits, and the scheme that orders them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.money import ONE, ZERO, Rounding

# One text, or a text per language tag ("en", "it-CH").
Text = str | dict[str, str]

BASE_LIST = "base"
DEFAULT_SCHEME = "agreement_first"


# What is asked of an attribute of the installation's own: this value, or one of several.
Attributes = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """To what and whom a rule applies: all that is set must hold.

    `coupon` must be among the question's coupons; an attribute must have the value, or one of the
    values, that is named for it.
    """

    customer: str | None = None
    account: str | None = None
    customer_group: str | None = None
    ship_to: str | None = None
    item: str | None = None
    variant: str | None = None
    item_group: str | None = None
    brand: str | None = None
    item_set: str | None = None
    coupon: str | None = None
    channel: str | None = None
    country: str | None = None
    currency: str | None = None
    unit: str | None = None
    order_type: str | None = None
    attributes: Attributes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One break of a scale: from a measure on, or up to and with a measure (None: without end)."""

    value: Decimal
    from_: Decimal | None = None
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values by a measure: the tier that is reached prices all units (`volume`) or its own (`graduated`).

    Units:   quantity in the rule's unit, amount in its currency (net, at the price before discounts),
             weight in kilograms; without sign. `by` says over what it is measured: the `line`, the
             whole `order`, all lines that share `mix:KEY`, or what a customer has bought under a
             contract so far, this line included (`period:CONTRACT`).
    """

    tiers: tuple[Tier, ...]
    kind: str = "volume"
    measure: str = "quantity"
    by: str = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A price made from another: that of a list, a price attribute of the item, its cost or its base price.

    Units:   percent added (below 0: taken off), then amount, then rounding; at last the price is kept
             at least `min_margin` and at most `max_margin` above what it was made from (below 0:
             beneath it), all in the rule's currency per its `per` units.
    """

    list: str | None = None
    attribute: str | None = None
    basis: str | None = None
    percent: Decimal = ZERO
    amount: Decimal = ZERO
    rounding: Rounding | None = None
    min_margin: Decimal | None = None
    max_margin: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must be bought for a rule to apply: a measure of the lines within a scope, between two bounds.

    Units:   as a scale's; both bounds inclusive. `by` is line, order or period:CONTRACT; `basis` says
             whether an amount is net or gross. Without `scope` the lines of the rule's own scope count.
    """

    scope: Scope | None = None
    measure: str = "quantity"
    by: str = "line"
    from_: Decimal | None = None
    up_to: Decimal | None = None
    basis: str = "net"
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A surcharge that follows a quotation: (quotation - reference) x a measure of the item.

    Units:   reference in the quotation's own currency and per its units; the measure per one of the
             item's unit, in the quotation's unit. `lowest` bounds the surcharge from below (0: no credit).
    """

    quotation: str
    reference: Decimal = ZERO
    measure: str = "weight"
    lowest: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is bought together, and which goods are cheaper for it: `free_goods` adds, `bundle` reduces.

    Units:   quantities in the items' own units; one application per `quantity_from` units (or
             `amount_from` of net amount in the rule's currency) bought. `bought` and `target` are the
             rule's own scope where they are not stated. The rule's value says the reduction: percent (100
             without a value), amount off or price per unit, or the price of the whole set or the amount
             off it (`reduction`).
    """

    bought: Scope | None = None
    quantity_from: Decimal | None = None
    amount_from: Decimal | None = None
    target: Scope | None = None
    item: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    reduction: str = "percent"
    first: str = "cheapest"
    times_max: int | None = None
    units_max: Decimal | None = None
    line_units_max: Decimal | None = None
    uses_up: bool = False
    in_part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """A charge that stands on a line of its own, taxed its own way, untouched by discounts unless stated.

    Units:   the rule's value per unit of the item, per line or per order (`per`).
    """

    per: str = "unit"
    tax_class: str | None = None
    discountable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of a rule there is: counted by the orders that used it, never by asking.

    Units:   uses in orders, of all and per customer; quantity in the rule's unit; amounts, of what the
             rule takes off in all and in one order, in its currency. Beyond it the rule is refused, or
             the line is split; what it takes off in one order ends there (in a step of the basket in
             the rule's `tax_mode`).
    """

    uses: int | None = None
    per_customer: int | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    amount_per_order: Decimal | None = None
    beyond: str = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A price, discount, surcharge or limit: one record for every kind of condition.

    Units:   value in `currency` per `per` of `unit` for price, amount and limit; percent for percent
             and margin (on the cost, or of the price with `basis` price); a limit with a `basis` is a
             percentage of that basis. Amounts are meant net or gross as `tax_mode` says, else as their
             list does, else (a price apart, which is net) as the price that they work on.
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
    item_set: str | None = None
    coupon: str | None = None
    channel: str | None = None
    country: str | None = None
    currency: str | None = None
    unit: str | None = None
    order_type: str | None = None
    attributes: Attributes | None = None
    unless: Scope | tuple[Scope, ...] | None = None
    requires: tuple[Requirement, ...] = ()
    value: Decimal | None = None
    per: Decimal = ONE
    tax_mode: str | None = None
    sign: str | None = None
    bound: str | None = None
    basis: str | None = None
    formula: Formula | None = None
    scale: Scale | None = None
    indexed: Indexed | None = None
    offer: Offer | None = None
    own_line: OwnLine | None = None
    caps: Caps | None = None
    final: bool | None = None
    below_limit: bool = False
    priority: int = 0
    exclusive: bool = False
    exclusion_group: str | None = None
    dated_by: str = "order"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None
    status: str = "active"
    label: Text | None = None
    reason: str | None = None
    show_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One way to make the price in a step of kind `choose`: steps of its own."""

    name: str
    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a scheme: which rules compete in it, which of them win, and on what they work.

    Of the steps of one `group` only the first that has a winner counts. A step of kind `choose` holds
    `chains`, each priced whole; a step of kind `rounding` may have a rounding of its own, for one
    currency or for all. Where a limit starts from what is not known (a cost), there is no price, or
    (`when_unknown` flag) the answer says so. Where two rules differ in nothing of the rank but their
    code, the code decides, or (`ties` refuse) there is no price.
    """

    name: str
    kind: str
    label: Text | None = None
    access: tuple[str, ...] = ()
    pick: str = "specific"
    rank: tuple[str, ...] = ()
    base: str = "running"
    combine: str = "cascade"
    currency_required: bool = False
    group: str | None = None
    chains: tuple[Chain, ...] = ()
    rounding: Rounding | None = None
    currency: str | None = None
    when_unknown: str = "refuse"
    ties: str = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The order in which a channel's prices are made: steps, carried out one after the other."""

    code: str
    steps: tuple[Step, ...]
    name: Text | None = None


def exceptions_of(rule: Rule) -> tuple[Scope, ...]:
    """Where a rule does not apply although its scope holds: each of these alone rules it out."""
    unless = rule.unless
    return () if unless is None else unless if isinstance(unless, tuple) else (unless,)


def source_of(rule: Rule) -> str | None:
    """The list that a formula, or a percentage, starts from."""
    if rule.formula is not None:
        return BASE_LIST if rule.formula.basis == "base" else rule.formula.list
    basis = rule.basis
    return basis.removeprefix("list:") if basis is not None and basis.startswith("list:") else None

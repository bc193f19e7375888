"""The facts that a price depends on, as the company states them. Each has a code and is frozen.

A field's name here is its name in JSON, in a CSV header and on the wire. An absent value is None.
Instants are aware once a fact is stored; a naive one is local to the fact's zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.money import Rounding
from listino.core.rules import Rule, Scheme, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """A unit in which an item is also sold: one `unit` holds `factor` of the item's own unit."""

    unit: str
    factor: Decimal
    gtin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one unit of an item measures, for the price per kilogram or litre."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is sold. A variant is an item that names the item it is a variant of.

    Units:   cost per one `unit`, in `cost_currency` (the company's where none is named);
             unit: UN/ECE Recommendation 20 code.
    Shapes:  perishable: it goes bad or expires so soon that a country may have other rules for its
             prior price.
    """

    code: str
    name: Text | None = None
    status: str = "active"
    unit: str = "C62"
    packagings: tuple[Packaging, ...] = ()
    item_groups: tuple[str, ...] = ()
    brand: str | None = None
    variant_of: str | None = None
    tax_class: str = "standard"
    cost: Decimal | None = None
    cost_currency: str | None = None
    gtin: str | None = None
    reference: Reference | None = None
    description: Text | None = None
    perishable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemGroup:
    """A node of the tree of item groups."""

    code: str
    name: Text | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A maker's mark."""

    code: str
    name: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of measure: one of it is `factor` of the unit `of` (KGM is 1000 of GRM)."""

    code: str
    name: Text | None = None
    of: str | None = None
    factor: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A customer's place in a customer group for a time."""

    group: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys, in codes alone: names and addresses are a person's and stand elsewhere."""

    code: str
    account: str | None = None
    customer_groups: tuple[str | Membership, ...] = ()
    currency: str | None = None
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    tax_status: str | None = None
    assortment: str | None = None
    language: str | None = None
    status: str = "active"
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A company or a part of one; customers and accounts below it inherit what it is entitled to."""

    code: str
    name: Text | None = None
    parent: str | None = None
    customer_groups: tuple[str | Membership, ...] = ()
    currency: str | None = None
    assortment: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerGroup:
    """Customers that share conditions."""

    code: str
    name: Text | None = None
    assortment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way of selling, with what holds for a guest: currency, destination, tax status, groups."""

    code: str
    name: Text | None = None
    scheme: str | None = None
    currency: str | None = None
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    tax_status: str | None = None
    customer_groups: tuple[str | Membership, ...] = ()
    assortment: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The frame of a set of prices: currency, net or gross, decimals and rounding of a unit price.

    Units:   without `decimals` and `rounding` a unit price is kept exact, and only the line amount
             is rounded; `tax_mode` is "net" or "gross".
    """

    code: str
    name: Text | None = None
    currency: str | None = None
    tax_mode: str = "net"
    decimals: int | None = None
    rounding: Rounding | None = None
    zone: str | None = None
    visibility: str = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who may use a price list: one customer, account, group or channel, or everyone."""

    code: str
    list: str
    customer: str | None = None
    account: str | None = None
    customer_group: str | None = None
    channel: str | None = None
    sequence: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Items by their own codes, their groups (with all below) and their brands; any may hold."""

    items: tuple[str, ...] = ()
    item_groups: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """What may be bought by whoever has it: all that is included (without: everything) and not excluded."""

    code: str
    name: Text | None = None
    include: Selection | None = None
    exclude: Selection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A tax rate for a class of items, a destination and a customer's status.

    Units:   percent of the net amount; category as EN 16931 (UNCL 5305): S, Z, E, AE, K, G, O.
    """

    code: str
    percent: Decimal
    tax_class: str = "standard"
    country: str | None = None
    region: str | None = None
    postcode_from: str | None = None
    postcode_to: str | None = None
    tax_status: str | None = None
    category: str = "S"
    reason: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A dated exchange rate: one `currency` is `rate` of `to_currency`."""

    code: str
    currency: str
    to_currency: str
    rate: Decimal
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What the law of a country wants of a shown price reduction; its code is that of ISO 3166-1.

    Units:   days before the reduction began, over which the prior price is the lowest applied; None
             leaves it to the directive (`core/prior.py`), 0 wants no prior price.
    """

    code: str
    name: Text | None = None
    prior_price_days: int | None = None
    prior_price_perishable_days: int | None = None
    prior_price_new_item_days: int | None = None
    prior_price_progressive: bool = False


Fact = (
    Item | ItemGroup | Brand | Unit | Customer | Account | CustomerGroup | Channel | PriceList
    | Rule | Assignment | Assortment | Scheme | Tax | Rate | Country
)  # fmt: skip

# The kinds of facts by the name that they have in routes, files and the book.
KINDS: Mapping[str, type[Fact]] = {
    "items": Item,
    "item-groups": ItemGroup,
    "brands": Brand,
    "units": Unit,
    "customers": Customer,
    "accounts": Account,
    "customer-groups": CustomerGroup,
    "channels": Channel,
    "price-lists": PriceList,
    "rules": Rule,
    "assignments": Assignment,
    "assortments": Assortment,
    "schemes": Scheme,
    "taxes": Tax,
    "rates": Rate,
    "countries": Country,
}
KIND_OF: Mapping[type[Fact], str] = {record: kind for kind, record in KINDS.items()}

"""The facts that a price depends on, as the company states them. Each has a code and is frozen.

A field's name here is its name in JSON, in a CSV header and on the wire. An absent value is None.
Instants are aware once a fact is stored; a naive one is local to the fact's zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.goods import Assortment as Assortment
from listino.core.goods import Brand as Brand
from listino.core.goods import Item as Item
from listino.core.goods import ItemGroup as ItemGroup
from listino.core.goods import ItemSet as ItemSet
from listino.core.goods import Measure as Measure
from listino.core.goods import Packaging as Packaging
from listino.core.goods import PriceAttribute as PriceAttribute
from listino.core.goods import Reference as Reference
from listino.core.goods import Selection as Selection
from listino.core.goods import Unit as Unit
from listino.core.money import ONE, Rounding
from listino.core.parties import Account as Account
from listino.core.parties import Channel as Channel
from listino.core.parties import Customer as Customer
from listino.core.parties import CustomerGroup as CustomerGroup
from listino.core.parties import Membership as Membership
from listino.core.rules import Rule, Scheme, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The frame of a set of prices: currency, net or gross, decimals and rounding of a unit price.

    Units:   without `decimals` and `rounding` a unit price is kept exact, and only the line amount
             is rounded; `tax_mode` is "net" or "gross"; its prices were made for `reference_percent` of
             tax, and where another tax applies the net or the gross price stays (`constant`).
    """

    code: str
    name: Text | None = None
    currency: str | None = None
    tax_mode: str = "net"
    decimals: int | None = None
    rounding: Rounding | None = None
    reference_percent: Decimal | None = None
    constant: str | None = None
    final: bool | None = None
    zone: str | None = None
    visibility: str = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who may use a price list: one customer, account, group or channel, or everyone.

    Its `mode` says how it stands to the lists before and after it: `merge` (beside them),
    `only_if_empty` (only for items that those before it do not price, and then alone), `replace`
    (none of those after it counts).
    """

    code: str
    list: str
    customer: str | None = None
    account: str | None = None
    customer_group: str | None = None
    channel: str | None = None
    sequence: int = 0
    mode: str = "merge"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A quantity agreed for a time: what its customer or account orders of its items in that time counts.

    Units:   quantities in the items' own units, amounts net in `currency` (the company's where none is named).
    """

    code: str
    name: Text | None = None
    customer: str | None = None
    account: str | None = None
    include: Selection | None = None
    exclude: Selection | None = None
    currency: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A dated quotation of a commodity, as a day's copper.

    Units:   value in `currency` (the company's where none is named) per `per` of `unit`.
    """

    code: str
    quotation: str
    value: Decimal
    currency: str | None = None
    per: Decimal = ONE
    unit: str = "KGM"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    zone: str | None = None


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
    | Rule | Assignment | Assortment | ItemSet | Contract | Quotation | Scheme | Tax | Rate | Country
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
    "item-sets": ItemSet,
    "contracts": Contract,
    "quotations": Quotation,
    "schemes": Scheme,
    "taxes": Tax,
    "rates": Rate,
    "countries": Country,
}
KIND_OF: Mapping[type[Fact], str] = {record: kind for kind, record in KINDS.items()}

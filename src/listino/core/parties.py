"""Who buys and where: customers, their accounts and groups, and the channels; codes alone."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.rules import Attributes, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A customer's place in a customer group for a time."""

    group: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys, in codes alone: names and addresses are a person's and stand elsewhere.

    `final` says whether nothing is taken off a price that does not say so itself.
    Units:   credit_limit in the company's currency, with tax.
    """

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
    final: bool | None = None
    attributes: Attributes | None = None
    status: str = "active"
    zone: str | None = None
    credit_limit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A company or a part of one; customers and accounts below it inherit what it is entitled to."""

    code: str
    name: Text | None = None
    parent: str | None = None
    customer_groups: tuple[str | Membership, ...] = ()
    currency: str | None = None
    assortment: str | None = None
    attributes: Attributes | None = None
    zone: str | None = None
    credit_limit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerGroup:
    """Customers that share conditions."""

    code: str
    name: Text | None = None
    assortment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way of selling, with what holds for a guest: currency, destination, tax status, groups.

    `shows` says which price a page shows its visitors, without tax, with it, or both; an answer holds both.
    """

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
    attributes: Attributes | None = None
    tax_rounding: str = "rate"
    amount_rounding: str = "nearest"
    shows: str = "both"
    zone: str | None = None

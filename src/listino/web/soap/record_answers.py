"""What SOAP answers of records: stock, items, customers; element by element in listino.wsdl."""

from typing import NamedTuple

from listino.web.soap.answers import ProblemTold


class WarehouseTold(NamedTuple):
    """How much of an item a warehouse holds."""

    warehouse: str
    on_hand: str
    reserved: str
    available: str
    available_on: str | None


class StockTold(NamedTuple):
    """How much of an item can be promised, or why that cannot be said."""

    item: str
    unit: str | None
    available: str | None
    available_on: str | None
    warehouses: list[WarehouseTold] | None
    error: ProblemTold | None


class StocksTold(NamedTuple):
    """How much there is of items."""

    revision: int
    stock: list[StockTold]


class NameTold(NamedTuple):
    """A name in one language."""

    language: str
    text: str


class ItemTold(NamedTuple):
    """An item, or that it has ended."""

    code: str
    ended: bool
    revision: int
    name: str | None = None
    unit: str | None = None
    status: str | None = None
    item_groups: list[str] | None = None
    brand: str | None = None
    gtin: str | None = None
    variant_of: str | None = None
    tax_class: str | None = None
    weight: str | None = None
    names: list[NameTold] | None = None


class CustomerTold(NamedTuple):
    """A customer, or that it has ended."""

    code: str
    ended: bool
    revision: int
    name: str | None = None
    status: str | None = None
    account: str | None = None
    customer_groups: list[str] | None = None
    currency: str | None = None
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    tax_status: str | None = None
    assortment: str | None = None
    language: str | None = None
    company: str | None = None


class ItemsTold(NamedTuple):
    """A page of items."""

    revision: int
    items: list[ItemTold]
    next: str | None
    epoch: str


class CustomersTold(NamedTuple):
    """A page of customers."""

    revision: int
    customers: list[CustomerTold]
    next: str | None
    epoch: str


class Pong(NamedTuple):
    """Somebody is there."""

    echo: str | None
    version: str
    revision: int
    at: str

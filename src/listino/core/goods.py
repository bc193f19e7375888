"""What is sold, and the groups, brands, units and sets around it: facts as the company states them."""

from dataclasses import dataclass
from decimal import Decimal

from listino.core.rules import Attributes, Text


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
class Measure:
    """How much of something one unit of an item holds, as the kilograms of copper in a cable."""

    name: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAttribute:
    """A price of an item by name that is no price of ours, as the maker's recommended one (RRP)."""

    name: str
    value: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is sold. A variant is an item that names the item it is a variant of.

    Units:   cost and price attributes per one `unit`, net, in their currency (the company's where none
             is named); weight in kilograms; unit: UN/ECE Recommendation 20 code.
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
    weight: Decimal | None = None
    measures: tuple[Measure, ...] = ()
    price_attributes: tuple[PriceAttribute, ...] = ()
    attributes: Attributes | None = None
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
class ItemSet:
    """Items by name, for rules to apply to: all that is included (without: everything) and not excluded."""

    code: str
    name: Text | None = None
    include: Selection | None = None
    exclude: Selection | None = None

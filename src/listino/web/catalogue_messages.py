"""What is answered of a catalogue beside the price of each item."""

from msgspec import UNSET, Struct, UnsetType

from listino.web.messages import Amount


class ShelfLine(Struct):
    """What a warehouse has of an item that is promised to nobody, and from which day on it will have more."""

    warehouse: str
    available: Amount
    available_on: str | None


class StockLine(Struct):
    """What there is of an item in all warehouses."""

    available: Amount
    available_on: str | None
    warehouses: list[ShelfLine]


class CatalogueLine(Struct):
    """What stands beside the price of an item in a catalogue."""

    brand: str | None
    item_groups: list[str]
    stock: StockLine | None
    name: str | UnsetType | None = UNSET

"""What the fields mean that tell what there is to buy: stock, and the asker's catalogue."""

from collections.abc import Mapping

CATALOGUE: Mapping[str, str] = {
    "Count.on_hand": "How much is there, in the item's own unit; 0 or more.",
    "Count.warehouse": "Code of the warehouse.",
    "Count.available_on": "The day from when on there will be more, as 2026-12-31; none where it is left out.",
    "CatalogueLine.name": "The item's name in the language that was asked for; null where it has none.",
    "CatalogueLine.brand": "Code of its brand; of a variant that names none, that of its item.",
    "CatalogueLine.item_groups": "Codes of its groups; of a variant that names none, those of its item.",
    "CatalogueLine.stock": "What there is of it; null where nobody counts it.",
    "StockLine.available": "What is left in all warehouses, in the item's own unit.",
    "StockLine.available_on": "The first day on which a warehouse will have more; null: none is known.",
    "StockLine.warehouses": "What each warehouse has.",
    "ShelfLine.warehouse": "Code of the warehouse.",
    "ShelfLine.available": "What it has that is promised to nobody, in the item's own unit.",
    "ShelfLine.available_on": "The day from when on it will have more; null: none is known.",
}

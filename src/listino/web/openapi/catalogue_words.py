"""What the fields mean that tell what there is to buy: stock, and the asker's catalogue."""

from collections.abc import Mapping

CATALOGUE: Mapping[str, str] = {
    "Count.on_hand": "How much is there, in the item's own unit; 0 or more.",
    "Count.warehouse": "Code of the warehouse.",
    "Count.available_on": "The day from when on there will be more, as 2026-12-31; none where it is left out.",
}

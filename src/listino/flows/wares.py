"""For what is asked: an item with its groups, sets, brand and attributes."""

from collections.abc import Mapping
from dataclasses import dataclass

from listino.core.facts import Assortment, Contract, Item, ItemGroup, ItemSet, Selection
from listino.core.keys import ITEM_SETS_KEY
from listino.db.snapshot import Snapshot, under
from listino.flows.circles import TREE_HEIGHT_MAX, Kept, held_attributes, one, unknown


@dataclass(slots=True)
class Ware(Kept):
    """An item with its groups, nearest first, and its attributes."""

    item: Item
    brand: str | None
    values: dict[str, tuple[str, ...]]
    heights: dict[str, int]
    attributes: dict[str, tuple[str, ...]]


def gathered_ware(book: Snapshot, code: str) -> Ware:
    """Everything around what is asked for.

    Errors:  NotFound for an item that does not exist.
    """
    parts: list[str] = []
    item: Item | None = one(book, parts, "items", code)
    if item is None:
        raise unknown("items", "item", code)
    parent: Item | None = one(book, parts, "items", item.variant_of) if item.variant_of is not None else None
    groups = item.item_groups or (parent.item_groups if parent is not None else ())
    brand = item.brand or (parent.brand if parent is not None else None)
    heights = _heights(book, parts, groups)
    values = {
        "I": (code,) if item.variant_of is None else (code, item.variant_of),
        "V": () if item.variant_of is None else (code,),
        "T": tuple(heights),
        "B": (brand,) if brand is not None else (),
    }
    values["Z"] = _item_sets(book, parts, values)
    parts += [letter + name for letter, names in values.items() for name in names]
    attributes = held_attributes(*(source for source in (parent, item) if source is not None))
    return Ware(tuple(parts), book.revision, book.revision, item, brand, values, heights, attributes)


def _item_sets(book: Snapshot, parts: list[str], values: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The item sets that an item is in, by code."""
    parts.append(ITEM_SETS_KEY)
    sets: tuple[ItemSet, ...] = under(book, (ITEM_SETS_KEY,)).get(ITEM_SETS_KEY, ())
    return tuple(sorted(found.code for found in sets if holds_item(found, values))) if sets else ()


def holds_item(where: Assortment | ItemSet | Contract, values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an item, by its own codes, its groups and its brand, is among what is included and not excluded."""
    if where.exclude is not None and _selected(where.exclude, values):
        return False
    return where.include is None or _selected(where.include, values)


def _selected(selection: Selection, values: Mapping[str, tuple[str, ...]]) -> bool:
    return (
        any(code in selection.items for code in values["I"])
        or any(code in selection.item_groups for code in values["T"])
        or any(code in selection.brands for code in values["B"])
    )


def _heights(book: Snapshot, parts: list[str], groups: tuple[str, ...]) -> dict[str, int]:
    """An item's groups and all above them, nearest first, with how far above the item each stands."""
    level = list(groups)
    heights = dict.fromkeys(groups, 0)
    for height in range(1, TREE_HEIGHT_MAX):
        above: list[str] = []
        for code in level:
            group: ItemGroup | None = one(book, parts, "item-groups", code)
            if group is not None and group.parent is not None and group.parent not in heights:
                above.append(group.parent)
                heights[group.parent] = height
        if not above:
            break
        level = above
    return heights

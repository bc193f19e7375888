"""The items that can be looked for: their words, groups and brands, as of the newest revision and of those before it.

Read once by a process and then brought up to date with what each revision touched.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from listino.core.errors import Conflict, Fault, Gone
from listino.core.explain import text_in
from listino.core.facts import Brand, Item, ItemGroup
from listino.core.keys import SEPARATOR, code_key
from listino.core.rules import Text
from listino.core.words import folded, together
from listino.db.change_log import touched_keys
from listino.db.lookups import items_count
from listino.db.snapshot import Snapshot, under, versions
from listino.flows.ages import Ages
from listino.flows.circles import TREE_HEIGHT_MAX

# A process holds no more items than these in its memory, at some 1,000 bytes each.
ITEMS_MAX = 100_000


class Entry(NamedTuple):
    """An item as it is looked for, all of it folded.

    Shapes:  text: its code and numbers; names: in each language of `tags` (none: in all), a line each.
    """

    code: str
    is_active: bool
    text: str
    names: str
    tags: tuple[str, ...]
    groups: tuple[str, ...]
    brand: str | None
    variant_of: str | None

    def name(self, language: str | None) -> str:
        """The name in a language, as `text_in` finds it; empty where there is none."""
        if not self.tags:
            return self.names
        return self.names.split("\n")[_line_of(self.tags, language)]


class Look(NamedTuple):
    """What is looked for: all of the words (folded), in a group with all below it, of a brand."""

    words: tuple[str, ...] = ()
    item_group: str | None = None
    brand: str | None = None


class Register:
    """All items of a process's book. Whoever reads it holds the lock of the catalogue that keeps it."""

    def __init__(self, book: Snapshot) -> None:
        """Read it all.

        Errors:  Refused where there are more items than a process holds.
        """
        if items_count(book.reading, ITEMS_MAX + 1) > ITEMS_MAX:
            raise too_many()
        self.epoch = book.reading.epoch
        self.parents: dict[str, str | None] = {}
        self.brands: dict[str, str] = {}
        self.variants: dict[str, set[str]] = {}
        self.entries: Ages[Entry] = Ages(book.revision)
        for code, found in versions(book, "items"):
            if isinstance(found.fact, Item):
                self._add(code, found.fact)
        self._read_trees(book)

    def _read_trees(self, book: Snapshot) -> None:
        groups = (found.fact for _, found in versions(book, "item-groups"))
        brands = (found.fact for _, found in versions(book, "brands"))
        self.parents = {group.code: group.parent for group in groups if isinstance(group, ItemGroup)}
        self.brands = {brand.code: _brand_text(brand) for brand in brands if isinstance(brand, Brand)}

    def _add(self, code: str, item: Item) -> None:
        self.entries.now[code] = entry_of(item)
        if item.variant_of is not None:
            self.variants.setdefault(item.variant_of, set()).add(code)

    def follow(self, book: Snapshot) -> bool:
        """Take in the revisions up to the book's; False where everything is to be read anew."""
        if self.entries.revision >= book.revision or self.epoch != book.reading.epoch:
            return self.epoch == book.reading.epoch
        keys = touched_keys(book.reading, self.entries.revision, book.revision)
        if keys is None:
            return False
        kinds = {key.partition(SEPARATOR)[0] for key in keys}
        items = [key.partition(SEPARATOR)[2] for key in keys if key.startswith("items" + SEPARATOR)]
        self.entries.advance(book.revision, items)
        for start in range(0, len(items), 500):
            names = [code_key("items", code) for code in items[start : start + 500]]
            for (item,) in under(book, names).values():
                self._add(item.code, item)
        if kinds & {"item-groups", "brands"}:
            self.entries.floor = book.revision  # Of groups and brands it is not kept how they were.
            self._read_trees(book)
        return len(self.entries.now) <= ITEMS_MAX

    def at(self, revision: int) -> Mapping[str, Entry]:
        """The items as of a revision.

        Errors:  Gone for one that lies too far back.
        """
        entries = self.entries
        if revision < entries.floor:
            raise page_gone()
        others = entries.others(revision) if revision < entries.revision else {}
        if not others:
            return entries.now
        known = entries.now | {code: entry for code, entry in others.items() if entry is not None}
        return {code: entry for code, entry in known.items() if others.get(code, entry) is not None}

    def found(self, entries: Mapping[str, Entry], look: "Look") -> list[str]:
        """The codes of the active items that are looked for."""
        brands, words, brand = self.brands, look.words, look.brand
        groups = self.below(look.item_group) if look.item_group is not None else None
        codes: list[str] = []
        for entry in entries.values():
            if not entry.is_active:
                continue
            own_brand, own_groups = entry.brand, entry.groups
            if entry.variant_of is not None:
                own_brand, own_groups = _inherited(entry, entries)
            if groups is not None and groups.isdisjoint(own_groups):
                continue
            if brand is not None and own_brand != brand:
                continue
            if words and not _has(words, entry, brands.get(own_brand, "") if own_brand is not None else ""):
                continue
            codes.append(entry.code)
        return codes

    def concerned(self, letter: str, code: str, among: Iterable[str]) -> list[str]:
        """Which of some items an item group (T) or a brand (B) has."""
        entries = self.entries.now
        groups = self.below(code) if letter == "T" else None
        codes: list[str] = []
        for name in among:
            entry = entries.get(name)
            if entry is not None:
                own_brand, own_groups = _inherited(entry, entries)
                if own_brand == code if groups is None else not groups.isdisjoint(own_groups):
                    codes.append(name)
        return codes

    def below(self, group: str) -> set[str]:
        """An item group with all below it."""
        children: dict[str, list[str]] = {}
        for code, parent in self.parents.items():
            if parent is not None:
                children.setdefault(parent, []).append(code)
        found, level = {group}, [group]
        for _ in range(TREE_HEIGHT_MAX):
            level = [code for parent in level for code in children.get(parent, ()) if code not in found]
            found.update(level)
        return found


def entry_of(item: Item) -> Entry:
    """An item as it is looked for; what many items share is held once."""
    numbers = [item.gtin, *(packaging.gtin for packaging in item.packagings)]
    said = [item.code, together(item.code), *(number for number in numbers if number)]
    name = item.name or ""
    names = (name,) if isinstance(name, str) else tuple(name.values())
    return Entry(
        item.code,
        item.status == "active",
        folded("\n".join(dict.fromkeys(said))),
        "\n".join(" ".join(folded(one).split()) for one in names),
        () if isinstance(name, str) else tuple(map(intern, name)),
        tuple(map(intern, item.item_groups)),
        None if item.brand is None else intern(item.brand),
        item.variant_of,
    )


@lru_cache(maxsize=1_000)
def _line_of(tags: tuple[str, ...], language: str | None) -> int:
    return tags.index(text_in({tag: tag for tag in tags}, language) or tags[0])


def _texts_of(text: Text | None) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text.values() if text is not None else ()


def _inherited(entry: Entry, entries: Mapping[str, Entry]) -> tuple[str | None, tuple[str, ...]]:
    """The brand and groups of an item; a variant has those of its item where it names none."""
    parent = entries.get(entry.variant_of) if entry.variant_of is not None else None
    if parent is None:
        return entry.brand, entry.groups
    return entry.brand or parent.brand, entry.groups or parent.groups


def _has(words: Collection[str], entry: Entry, brand: str) -> bool:
    """Whether each word stands in what is said of an item."""
    text, names = entry.text, entry.names
    for word in words:  # noqa: SIM110  # over all items a loop costs half of what `all` does
        if word not in names and word not in text and word not in brand:
            return False
    return True


def _brand_text(brand: Brand) -> str:
    return folded("\n".join(dict.fromkeys([brand.code, *_texts_of(brand.name)])))


def too_many() -> Conflict:
    """The refusal to look through more items than a process holds."""
    text = f"There are more than {ITEMS_MAX} items: they cannot be searched and sorted by price."
    return Conflict("too_many_items", text, (Fault("", "too_many_items", text, "Ask for prices item by item."),))


def page_gone() -> Gone:
    """The refusal to go on with a list that was begun too long ago."""
    text = "The list was begun so long ago that its next page is not kept."
    return Gone("page_gone", text, (Fault("after", "page_gone", text, "Begin it again, without `after`."),))

"""The items that can be looked for: their words, groups and brands, as of the newest revision and of those before it.

Read once by a process and then brought up to date with what each revision touched.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from listino.core.errors import Conflict, Fault, Gone
from listino.core.facts import Brand, Item, ItemGroup
from listino.core.keys import SEPARATOR, code_key
from listino.core.rules import Text
from listino.core.words import folded, together
from listino.db.change_log import touched_keys
from listino.db.snapshot import Snapshot, under, versions
from listino.flows.ages import Ages
from listino.flows.circles import TREE_HEIGHT_MAX

# A process holds no more items than these in its memory, at some 700 bytes each.
ITEMS_MAX = 100_000


class Entry(NamedTuple):
    """An item as it is looked for.

    Shapes:  text: its code, names and numbers, folded, with those of `brand` added when it is searched; names: folded.
    """

    code: str
    is_active: bool
    text: str
    names: Text | None
    groups: tuple[str, ...]
    brand: str | None
    variant_of: str | None


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
        self.epoch = book.reading.epoch
        self.parents: dict[str, str | None] = {}
        self.brands: dict[str, str] = {}
        self.variants: dict[str, set[str]] = {}
        self.entries: Ages[Entry] = Ages(book.revision)
        for code, found in versions(book, "items"):
            if len(self.entries.now) >= ITEMS_MAX:
                raise too_many()
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
            if words and not _has(words, entry.text, brands.get(own_brand, "") if own_brand is not None else ""):
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
    """An item as it is looked for."""
    numbers = [item.gtin, *(packaging.gtin for packaging in item.packagings)]
    said = [item.code, together(item.code), *texts_of(item.name), *(number for number in numbers if number)]
    names = item.name if item.name is None or isinstance(item.name, str) else dict(item.name)
    return Entry(
        item.code,
        item.status == "active",
        folded("\n".join(dict.fromkeys(said))),
        folded(names) if isinstance(names, str) else names and {tag: folded(text) for tag, text in names.items()},
        item.item_groups,
        item.brand,
        item.variant_of,
    )


def texts_of(text: Text | None) -> Iterator[str]:
    """A text in every language that it has."""
    if isinstance(text, str):
        yield text
    elif text is not None:
        yield from text.values()


def _inherited(entry: Entry, entries: Mapping[str, Entry]) -> tuple[str | None, tuple[str, ...]]:
    """The brand and groups of an item; a variant has those of its item where it names none."""
    parent = entries.get(entry.variant_of) if entry.variant_of is not None else None
    if parent is None:
        return entry.brand, entry.groups
    return entry.brand or parent.brand, entry.groups or parent.groups


def _has(words: Collection[str], text: str, more: str) -> bool:
    """Whether each word stands in one text or the other."""
    for word in words:  # noqa: SIM110  # over all items a loop costs half of what `all` does
        if word not in text and word not in more:
            return False
    return True


def _brand_text(brand: Brand) -> str:
    return folded("\n".join(dict.fromkeys([brand.code, *texts_of(brand.name)])))


def too_many() -> Conflict:
    """The refusal to look through more items than a process holds."""
    text = f"There are more than {ITEMS_MAX} items: they cannot be searched and sorted by price."
    return Conflict("too_many_items", text, (Fault("", "too_many_items", text, "Ask for prices item by item."),))


def page_gone() -> Gone:
    """The refusal to go on with a list that was begun too long ago."""
    text = "The list was begun so long ago that its next page is not kept."
    return Gone("page_gone", text, (Fault("after", "page_gone", text, "Begin it again, without `after`."),))

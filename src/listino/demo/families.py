"""Families of items: what they are called, in which sizes, brands and packagings they come, what they cost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from listino.demo.axes import LANGUAGES, Axis, Mark, axes
from listino.demo.tables import Row, rows


@dataclass(frozen=True, slots=True)
class Maker:
    """A brand as a family meets it: its code, name, the sign that parts its items from others', its price level."""

    code: str
    name: str
    sign: str
    level: float


@dataclass(frozen=True, slots=True)
class Family:
    """A row of the table of families, made ready.

    Shapes:  names: a template per language, with a place for each axis; packs: (unit, how many of
             the packaging before, of the smallest and of the largest size).
    Units:   cost in euro of one unit of the smallest size; markup: list price over cost.
    """

    group: str
    code: str
    names: tuple[str, ...]
    axes: tuple[Axis, ...]
    makers: tuple[Maker, ...]
    branded: bool
    cost: float
    markup: float
    packs: tuple[tuple[str, int, int], ...]
    breaks: str
    more: Row

    @property
    def has_variants(self) -> bool:
        return "variants" in self.more


@dataclass(frozen=True, slots=True)
class Make:
    """One item that a family offers; without its last mark it is what the variants are variants of."""

    family: Family
    marks: tuple[Mark, ...]
    places: tuple[int, ...]
    maker: Maker
    parent: bool = False


def families(chance: Random) -> tuple[Family, ...]:
    """All families, each with the makers that it is bought from."""
    known, uses = axes(), Counter[str]()
    return tuple(_family(row, known, _makers(row, uses, chance), chance) for row in rows("families"))


def _makers(row: Row, uses: Counter[str], chance: Random) -> tuple[Maker, ...]:
    """The makers of a family: one that stood behind least so far, the others as it happens."""
    pool = [
        Maker(brand["code"], brand["name"], brand["sign"], float(brand["level"]))
        for brand in rows("brands")
        if any(row["group"].startswith(group) for group in brand["item_groups"].split())
    ]
    count = int(row["brands"])
    if not count:
        return tuple(pool)
    first = min(pool, key=lambda maker: uses[maker.code])
    makers = [first, *chance.sample([maker for maker in pool if maker != first], count - 1)]
    uses.update(maker.code for maker in makers)
    return tuple(sorted(makers, key=lambda maker: maker.name))


def _family(row: Row, known: dict[str, Axis], makers: tuple[Maker, ...], chance: Random) -> Family:
    # What is dear is sold with a small margin, what is small with a large one.
    markup = 1.48 + chance.random() * 0.22 if row["breaks"] == "dear" else 1.8 + chance.random() * 0.6
    return Family(
        group=row["group"],
        code=row["code"],
        names=tuple(row[language] for language in LANGUAGES),
        axes=tuple(known[name] for name in row["axes"].split()),
        makers=makers,
        branded=int(row["brands"]) > 0,
        cost=float(row["cost"]),
        markup=markup,
        packs=tuple(_pack(text) for text in row["packs"].split()),
        breaks=row["breaks"],
        more=dict([*part.split("="), ""][:2] for part in row["more"].split()),
    )


def _pack(text: str) -> tuple[str, int, int]:
    """A packaging is written `BX:500>25`: a box holds 500 of the smallest size, 25 of the largest."""
    unit, _, counts = text.partition(":")
    most, _, least = counts.partition(">")
    return unit, int(most), int(least or most)


def makes(family: Family, chance: Random) -> Iterator[Make]:
    """All items of a family; one without brands in its name is bought here and there."""
    band = float(family.more.get("band", 2))
    ranges = [range(len(axis)) for axis in family.axes]
    for maker in family.makers if family.branded else (None,):
        for places in product(*ranges):
            if len(places) > 1 and not _usual(family, places, band):
                continue
            by = maker or family.makers[int(chance.random() ** 2 * len(family.makers))]
            marks = tuple(axis[place] for axis, place in zip(family.axes, places, strict=True))
            if family.has_variants and places[-1] == 0:
                yield Make(family, (*marks[:-1], _whole(family.axes[-1])), places, by, parent=True)
            yield Make(family, marks, places, by)


def _usual(family: Family, places: tuple[int, ...], band: float) -> bool:
    """Whether two sizes go together: no thin screw is very long."""
    first, second = (place / (len(axis) - 1) for axis, place in zip(family.axes[:2], places[:2], strict=True))
    return abs(first - second) <= band


def _whole(axis: Axis) -> Mark:
    """All sizes of an axis as one mark, as an item with variants names them."""
    texts = tuple(f"{low}–{high}" for low, high in zip(axis[0].texts, axis[-1].texts, strict=True))
    return Mark(texts, "", 1.0)

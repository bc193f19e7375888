"""The items that the company sells, each with its list price: drawn from the families of items."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from operator import mul
from random import Random

from listino.core.facts import Item, Packaging, Reference
from listino.demo import showcase
from listino.demo.amounts import PLACES, amount
from listino.demo.families import Family, Make, families, makes
from listino.demo.good import Good, good
from listino.demo.numbers import Numbers, outer_gtin

ITEMS_COUNT = 20_000
# The counts that a packaging holds: a number between is taken as the next of them below.
PACK_COUNTS = (1, 2, 4, 5, 8, 10, 12, 20, 24, 25, 40, 48, 50, 100, 200, 250, 500, 1000)
DIGITS_OF_PER = {1: 0, 100: 2, 1000: 3}
# What is bought abroad is bought in another currency.
COST_CURRENCIES = {"MAKORO": ("USD", 1.09), "LEDANIA": ("USD", 1.09), "PUMPAARE": ("CHF", 0.94)}
CAMPAIGNS = (("CA-NEW", 0.03), ("CA-OUT", 0.055), ("CA-FLY", 0.075))
STATUSES = (("ended", 0.015), ("blocked", 0.021))
GTIN_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Marking:
    """What an item is told from others by."""

    code: str
    variant_of: str | None
    gtin: str | None


def goods(chance: Random) -> tuple[Good, ...]:
    """All items in the order of the catalogue, those of the examples first."""
    offered = [make for family in families(chance) for make in makes(family, chance)]
    numbers = Numbers(chance)
    examples = showcase.goods()
    kept = _stocked(offered, ITEMS_COUNT - len(examples), chance)
    return (*examples, *_drawn(kept, numbers, chance))


def _stocked(offered: list[Make], count: int, chance: Random) -> list[Make]:
    """As many of the items offered as the company stocks; an item with variants always stays."""
    parents = [index for index, make in enumerate(offered) if make.parent]
    others = [index for index, make in enumerate(offered) if not make.parent]
    kept = parents + chance.sample(others, count - len(parents))
    return [offered[index] for index in sorted(kept)]


def _drawn(stocked: list[Make], numbers: Numbers, chance: Random) -> Iterator[Good]:
    parent: str | None = None
    for make in stocked:
        family = make.family
        if family.has_variants and not make.parent:
            code: str = f"{parent}-{make.marks[-1].sign}"
        else:
            code = numbers.code(make)
            parent = code
        variant_of = parent if family.has_variants and not make.parent else None
        gtin = numbers.gtin(make.maker) if chance.random() < GTIN_SHARE else None
        yield _good(make, Marking(code, variant_of, gtin), chance)


def _good(make: Make, marking: Marking, chance: Random) -> Good:
    family, draw = make.family, chance.random
    per = int(family.more.get("per", 1))
    digits = int(family.more.get("digits", 2))
    factor = make.maker.level * (0.96 + 0.08 * draw())
    for mark in make.marks:
        factor *= mark.factor
    cost = max(1, round(family.cost * factor * per * 10**PLACES))
    step = 10 ** (PLACES - digits)
    price = max(step, round(cost * family.markup * (0.97 + 0.06 * draw()) / step) * step)
    currency, rate = COST_CURRENCIES.get(make.maker.code, (None, 1.0))
    lot = draw()
    item = Item(
        code=marking.code,
        name=_name(make),
        status=next((status for status, share in STATUSES if lot < share), "active"),
        unit=family.more.get("unit", "C62"),
        packagings=_packagings(make, marking.gtin),
        item_groups=(family.group, *_campaigns(draw())),
        brand=make.maker.code,
        variant_of=marking.variant_of,
        tax_class=family.more.get("tax", "standard"),
        cost=Decimal(round(cost * rate)).scaleb(-PLACES - DIGITS_OF_PER[per]),
        cost_currency=currency,
        gtin=marking.gtin,
        reference=_reference(make),
    )
    return good(item, cost, price, per=per, digits=digits, breaks=family.breaks)


def _campaigns(lot: float) -> tuple[str, ...]:
    return next(((group,) for group, share in CAMPAIGNS if lot < share), ())


def _name(make: Make) -> dict[str, str]:
    names = {}
    for place, (language, template) in enumerate(zip(("en", "it", "de"), make.family.names, strict=True)):
        name = template.format(*[mark.texts[place] for mark in make.marks])
        if make.family.branded:
            name = f"{name} {make.maker.name}"
        names[language] = name[0].upper() + name[1:]
    return names


def _packagings(make: Make, gtin: str | None) -> tuple[Packaging, ...]:
    """Each packaging holds so many of the one before; large sizes are packed by fewer."""
    family, place = make.family, make.places[0] / max(1, len(make.family.axes[0]) - 1)
    counts = [_count(most, least, place) for _, most, least in family.packs]
    if not counts:
        return ()
    outer = outer_gtin(gtin) if gtin is not None else None
    units = (unit for unit, _, _ in family.packs)
    return tuple(
        Packaging(unit=unit, factor=Decimal(factor), gtin=outer if index == 0 else None)
        for index, (unit, factor) in enumerate(zip(units, _factors(family, counts), strict=True))
    )


def _factors(family: Family, counts: list[int]) -> Iterator[int]:
    """Metre goods come in rolls or on reels, side by side; boxes stand in cartons, cartons on pallets."""
    return iter(counts) if family.breaks == "metre" else accumulate(counts, mul)


def _count(most: int, least: int, place: float) -> int:
    if most == least:
        return most
    wanted = least + (most - least) * (1 - place) ** 2
    return max(count for count in PACK_COUNTS if count <= wanted)


def _reference(make: Make) -> Reference | None:
    """What one unit weighs or holds; a weight grows with the sizes, not with the material."""
    more = make.family.more
    if "l" in more:
        return Reference(unit="LTR", factor=amount(round(float(more["l"]) * 10**PLACES), 3))
    if "kg" not in more:
        return None
    weight = float(more["kg"])
    for mark in make.marks:
        if mark.texts[0] == mark.texts[1] == mark.texts[2]:
            weight *= mark.factor
    return Reference(unit="KGM", factor=amount(round(weight * 10**PLACES), 4))

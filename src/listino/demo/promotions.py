"""Promotions: for some weeks, on a maker or a group of items, for all or for some."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from listino.core.rules import Rule, Scale, Tier
from listino.demo.days import ZONE, Days
from listino.demo.tables import Row, rows

PROMOTIONS_COUNT = 36
# Promotions begin and end within these days around today; each lasts some weeks.
EARLIEST_START, LATEST_START = -190, 130
WEEKS_MIN, WEEKS_SPAN = 1, 8
# What the examples show stays free of other promotions.
BRANDS_KEPT_OUT = frozenset(["CAVITALIA", "VALTEK"])
GROUPS_KEPT_OUT = ("EL-CA", "TO-CD", "CA")
BRAND_THEME = {"en": "Weeks of the maker", "it": "Settimane della marca", "de": "Markenwochen"}
THEMES = (
    {"en": "Flyer", "it": "Volantino", "de": "Flugblatt"},
    {"en": "Building season", "it": "Stagione cantieri", "de": "Bausaison"},
    {"en": "Stock clearance", "it": "Svuota magazzino", "de": "Lagerräumung"},
)


def promotions(days: Days, chance: Random) -> list[Rule]:
    """All promotions, some over, some running, some to come."""
    brands = [row for row in rows("brands") if row["code"] not in BRANDS_KEPT_OUT]
    groups = [row for row in rows("item_groups") if row["parent"] and not row["code"].startswith(GROUPS_KEPT_OUT)]
    return [
        _promotion(number, chance.choice(brands) if chance.random() < 0.5 else chance.choice(groups), days, chance)
        for number in range(1, PROMOTIONS_COUNT + 1)
    ]


def _promotion(number: int, what: Row, days: Days, chance: Random) -> Rule:
    first = EARLIEST_START + int((LATEST_START - EARLIEST_START) * chance.random())
    start = days.after(first)
    weeks = WEEKS_MIN + int(WEEKS_SPAN * chance.random())
    percent = 4 + int(14 * chance.random() ** 1.6)
    lot = chance.random()
    has_breaks = lot < 0.18
    brand = what["code"] if "sign" in what else None
    return Rule(
        code=f"PROMO-{days.today + timedelta(days=first):%y%m}-{number:02}",
        action="percent",
        step="promotion",
        brand=brand,
        item_group=what["code"] if brand is None else None,
        channel="web" if 0.2 < lot < 0.4 else None,
        coupon=f"{what['code'].split('-')[-1]}{percent}" if lot > 0.88 else None,
        country=chance.choice(("IT", "DE", "AT", "FR")) if 0.8 < lot < 0.88 else None,
        value=None if has_breaks else Decimal(percent),
        scale=_scale(percent) if has_breaks else None,
        valid_from=start,
        valid_to=days.after(first + 7 * weeks),
        zone=ZONE,
        label=BRAND_THEME if brand is not None else THEMES[int(len(THEMES) * chance.random())],
    )


def _scale(percent: int) -> Scale:
    """The more, the better: nothing below ten, the whole discount from fifty on."""
    return Scale(
        tiers=(
            Tier(from_=Decimal(10), value=Decimal(percent) / 2),
            Tier(from_=Decimal(50), value=Decimal(percent)),
        )
    )

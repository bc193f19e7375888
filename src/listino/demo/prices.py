"""The prices: one for every item, those of the lists by quantity and year, those agreed with one customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from listino.core.money import Rounding
from listino.core.rules import BASE_LIST, Formula, Rule
from listino.demo import showcase
from listino.demo.agreed import agreed_prices
from listino.demo.amounts import amount
from listino.demo.breaks import PERS, scale
from listino.demo.days import ZONE, Days
from listino.demo.good import Good
from listino.demo.lists import CURRENCY_FACTORS, Plan, plans
from listino.demo.parties import Parties

PRICES_COUNT = 300_000
# How much of a list are the items that sell best; the rest of it is drawn from all others.
POPULAR_SHARE = 0.85
TAX_FACTOR = 1.22
# Prices ending in .99 are for what costs more than a few coins.
RETAIL_PRICE_MIN = 80_000
# What prices were in the years before: this year's, last year's and so on.
LEVELS = (1.0, 0.97, 0.945)
# Some makers have announced what the list price will be from the next month on.
INCREASES = {"PROTEGIS": 1.042, "CABLRHONE": 1.065, "TUBIRAME": 1.05}
BREAKS_SHARES = {"full": 0.62, "half": 0.3, "none": 0.0}
# Some items have a price for the whole box, below that of its pieces.
BOX_LIST, BOX_SHARE, BOX_FACTOR = "dealer-b", 0.04, 0.97
DEPARTMENTS = ("FA", "TO", "EL", "PL")
STAFF_FORMULA = Formula(basis="cost", percent=Decimal(8))
SWISS_FORMULA = Formula(list=BASE_LIST, percent=Decimal(6), rounding=Rounding(increment=Decimal("0.05")))
SWISS_WEB_FORMULA = Formula(list="web", percent=Decimal(9), rounding=Rounding(increment=Decimal("0.05")))


class PriceCodes:
    """Short running codes, and how many were given."""

    def __init__(self) -> None:
        self.given = 0

    def next(self) -> str:
        """The next code."""
        self.given += 1
        return f"P{self.given:06}"


@dataclass(frozen=True, slots=True)
class Season:
    """When a list's prices hold, and how high they are beside this year's."""

    level: float
    start: datetime | None
    end: datetime | None


def prices(goods: tuple[Good, ...], parties: Parties, days: Days, chance: Random) -> Iterator[Rule]:
    """All prices, those of the examples first, exactly as many as the company keeps."""
    codes = PriceCodes()
    examples = tuple(showcase.prices(days))
    yield from examples
    popular = chance.sample(goods, len(goods))
    for plan in plans():
        if plan.seasons == 0:
            yield from _formulas(plan, codes)
            continue
        chosen = goods if plan.code == BASE_LIST else _chosen(plan, popular, chance)
        for season in _seasons(plan, days):
            yield from _list_prices(plan, chosen, season, codes=codes, chance=chance)
        if plan.code == SWISS_WEB_FORMULA.list:
            yield from _formulas_over_web(chosen, codes)
    yield from _increases(goods, codes, days)
    rest = PRICES_COUNT - codes.given - len(examples)
    yield from agreed_prices(rest, popular, parties, days=days, chance=chance)


def _chosen(plan: Plan, popular: list[Good], chance: Random) -> tuple[Good, ...]:
    """The items that a list holds: above all those that sell best."""
    pool = [good for good in popular if good.department in plan.departments and _may_stand(good, plan)]
    count = round(len(pool) * plan.share)
    top = int(count * POPULAR_SHARE)
    return (*pool[:top], *chance.sample(pool[top:], count - top))


def _may_stand(good: Good, plan: Plan) -> bool:
    if plan.gross:
        return good.price >= RETAIL_PRICE_MIN and good.per == 1 and good.item.code != showcase.DRILL
    return plan.code != showcase.TRADE_LIST or good.item.code != showcase.CABLE


def _seasons(plan: Plan, days: Days) -> Iterator[Season]:
    """The years whose prices a list keeps; one with this year's alone has no dates."""
    if plan.seasons == 1:
        yield Season(LEVELS[0], None, None)
        return
    for age in reversed(range(plan.seasons)):
        yield Season(LEVELS[age], days.year(-age), days.year(1 - age) if age else None)


def _list_prices(
    plan: Plan, chosen: tuple[Good, ...], season: Season, *, codes: PriceCodes, chance: Random
) -> Iterator[Rule]:
    """The prices of one list for one season."""
    draw, start, end = chance.random, season.start, season.end
    zone = ZONE if start is not None else None
    factor = season.level * CURRENCY_FACTORS[plan.currency] * (TAX_FACTOR if plan.gross else 1)
    off_min, off_span = plan.off_min / 100, (plan.off_max - plan.off_min) / 100
    breaks_share, boxes = BREAKS_SHARES[plan.breaks], plan.code == BOX_LIST and end is None
    final = True if plan.final else None
    for good in chosen:
        price = int(good.price * factor * (1 - (off_min + off_span * draw()) * good.room))
        digits = min(plan.digits, good.digits)
        lot = draw()
        has_breaks = lot < breaks_share
        yield Rule(
            code=codes.next(),
            action="price",
            list=plan.code,
            item=good.item.code,
            value=None if has_breaks else amount(price, digits),
            scale=scale(good, price, digits, lot / breaks_share) if has_breaks else None,
            per=PERS[good.per],
            final=final,
            valid_from=start,
            valid_to=end,
            zone=zone,
        )
        if boxes and lot > 1 - BOX_SHARE and good.item.packagings:
            yield _box_price(plan, good, price, codes)


def _box_price(plan: Plan, good: Good, price: int, codes: PriceCodes) -> Rule:
    """The price of an item's first packaging as a whole."""
    packaging = good.item.packagings[0]
    return Rule(
        code=codes.next(),
        action="price",
        list=plan.code,
        item=good.item.code,
        unit=packaging.unit,
        value=amount(int(price * BOX_FACTOR * int(packaging.factor) / good.per), 2),
    )


def _formulas(plan: Plan, codes: PriceCodes) -> Iterator[Rule]:
    """A list without prices of its own: one formula for each department."""
    for department in DEPARTMENTS:
        yield Rule(
            code=codes.next(),
            action="price",
            list=plan.code,
            item_group=department,
            formula=STAFF_FORMULA if plan.code == "staff" else SWISS_FORMULA,
        )


def _formulas_over_web(chosen: tuple[Good, ...], codes: PriceCodes) -> Iterator[Rule]:
    """Swiss prices made from those of the web shop, tool by tool."""
    for good in chosen:
        if good.department == "TO" and good.per == 1:
            yield Rule(code=codes.next(), action="price", list="ch-web", item=good.item.code, formula=SWISS_WEB_FORMULA)


def _increases(goods: tuple[Good, ...], codes: PriceCodes, days: Days) -> Iterator[Rule]:
    """The list prices that makers have announced for the next month."""
    start = days.month(1)
    for good in goods:
        factor = INCREASES.get(good.item.brand or "")
        if factor is not None:
            yield Rule(
                code=codes.next(),
                action="price",
                list=BASE_LIST,
                item=good.item.code,
                value=amount(int(good.price * factor), good.digits),
                per=PERS[good.per],
                valid_from=start,
                zone=ZONE,
                reason="Increase announced by the maker",
            )

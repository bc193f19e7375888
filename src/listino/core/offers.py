"""Offers: which goods of a basket get cheaper by what is bought together, and how often."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from listino.core.money import EXACT, HUNDRED, ONE, ZERO
from listino.core.rules import Offer

# Reductions that are meant for a whole set of units, not for each.
OF_SETS = frozenset(["set_price", "set_amount"])


class Goods(NamedTuple):
    """A line of goods as an offer sees it.

    Units:   price and net per one of the item's own unit, price in the basket's tax mode; quantity: what
             may be counted and reduced. name sorts lines of one price.
    """

    price: Decimal
    net: Decimal
    quantity: Decimal
    bought: bool
    target: bool
    name: tuple[str, str]


class Reduction(NamedTuple):
    """What an offer takes off, exact, and how many units it reduces and has had, by the place of the goods."""

    times: int
    amounts: dict[int, Decimal]
    units: dict[int, Decimal]
    used: dict[int, Decimal]


# Units of one line after the other: (place of the goods, how many).
_Run = tuple[int, Decimal]


def times_bought(offer: Offer, goods: Sequence[Goods]) -> int:
    """How often an offer that adds goods applies: once where it names no quantity or amount."""
    bought = [one for one in goods if one.bought]
    times = 1 if bought else 0
    if offer.quantity_from is not None:
        times = _whole(sum((one.quantity for one in bought), ZERO) / offer.quantity_from)
    elif offer.amount_from is not None:
        times = _whole(sum((one.quantity * one.net for one in bought), ZERO) / offer.amount_from)
    return times if offer.times_max is None else min(times, offer.times_max)


def reduced(offer: Offer, value: Decimal, goods: Sequence[Goods]) -> Reduction:
    """What an offer takes off the goods of a basket, each unit of them once.

    Shapes:  goods in any order. The cheapest units get cheaper first (or the dearest), those that
             only count as bought are taken from the other end.
    """
    plan = _Plan(offer, goods)
    times, targets = plan.times, plan.targets
    if offer.reduction in OF_SETS:
        amounts = _off_sets(offer, value, goods, plan)
    else:
        amounts = {place: units * _off_unit(offer.reduction, value, goods[place].price) for place, units in targets}
    used = dict(targets)
    for place, units in plan.bought:
        used[place] = used.get(place, ZERO) + units
    return Reduction(times, amounts, dict(targets), used)


def _off_unit(reduction: str, value: Decimal, price: Decimal) -> Decimal:
    """What is taken off one unit: never more than it costs."""
    if reduction == "percent":
        return price * value / HUNDRED
    return min(value, price) if reduction == "amount" else max(price - value, ZERO)


class _Plan:
    """How often an offer applies, and which units it reduces and uses up for it."""

    __slots__ = ("_goods", "_offer", "bought", "set_size", "targets", "times")

    def __init__(self, offer: Offer, goods: Sequence[Goods]) -> None:
        self._offer, self._goods = offer, goods
        self.bought: list[_Run] = []
        # Without a number of units, those of the full sets get cheaper, or all of a target of its own.
        of_sets = offer.quantity is None and offer.target is None and offer.bought is None
        self.set_size = offer.quantity_from if of_sets else offer.quantity
        if self.set_size is None:
            self.times = times_bought(offer, goods)
            self.targets = self._taken(None) if self.times else []
            self._use_bought()
        elif offer.uses_up and not of_sets:
            self._use_up(self.set_size)
        else:
            self._count(self.set_size, of_sets)

    def _count(self, size: Decimal, of_sets: bool) -> None:
        """Units that get cheaper count as bought too."""
        offer = self._offer
        self.times = times_bought(offer, self._goods)
        if not offer.in_part and not of_sets:
            self.times = min(self.times, _whole(self._sum(target=True) / size))
        self.targets = self._taken(size * self.times)
        self._use_bought()

    def _use_bought(self) -> None:
        """The units that are bought for it beside those that get cheaper, of which some may be bought too."""
        offer, goods = self._offer, self._goods
        counted = [(goods[place], units) for place, units in self.targets if goods[place].bought]
        if offer.quantity_from is not None:
            self.bought = self._rest(offer.quantity_from * self.times - sum((units for _, units in counted), ZERO))
        elif offer.amount_from is not None:
            amount = offer.amount_from * self.times - sum((units * one.net for one, units in counted), ZERO)
            self.bought = self._rest(amount, by_amount=True)

    def _use_up(self, size: Decimal) -> None:
        """Units that get cheaper are others than those that are bought for it."""
        offer, both = self._offer, self._sum(bought=True, target=True)
        bought, target = self._sum(bought=True) - both, self._sum(target=True) - both
        need = offer.quantity_from
        if need is None:
            self._use_up_by_amount(size)
            return
        most = [(bought + both) / need, (target + both) / size, (bought + target + both) / (need + size)]
        times = _whole(min(most)) if offer.times_max is None else min(_whole(min(most)), offer.times_max)
        units = size * times
        if offer.in_part and (offer.times_max is None or times < offer.times_max):
            further = need * (times + 1)
            left = target + both - max(further - bought, ZERO) - units
            if bought + both >= further and left > 0:
                times, units = times + 1, units + min(left, size)
        self.times = times
        self.targets = self._taken(units, both - max(need * times - bought, ZERO))
        self.bought = self._rest(need * times)

    def _use_up_by_amount(self, size: Decimal) -> None:
        """The most applications for which what does not get cheaper comes to the amount."""
        amount_from = self._offer.amount_from or ZERO
        amount = sum((one.quantity * one.net for one in self._goods if one.bought), ZERO)
        low, high = 0, min(times_bought(self._offer, self._goods), _whole(self._sum(target=True) / size))
        while low < high:
            times = (low + high + 1) // 2
            reduced_too = sum((units * self._goods[place].net for place, units in self._taken(size * times)), ZERO)
            low, high = (times, high) if amount - reduced_too >= amount_from * times else (low, times - 1)
        self.times, self.targets = low, self._taken(size * low) if low else []
        self.bought = self._rest(amount_from * low, by_amount=True)

    def _sum(self, *, bought: bool = False, target: bool = False) -> Decimal:
        return sum(
            (one.quantity for one in self._goods if (one.bought or not bought) and (one.target or not target)), ZERO
        )

    def _taken(self, units: Decimal | None, of_both: Decimal | None = None) -> list[_Run]:
        """So many target units (None: all), cheapest or dearest first; `of_both`: of those that are bought too."""
        offer, runs = self._offer, list[_Run]()
        most = [most for most in (units, offer.units_max) if most is not None]
        left = min(most) if most else None
        for place in self._ordered(cheapest=offer.first == "cheapest"):
            goods = self._goods[place]
            if not goods.target:
                continue
            taken = goods.quantity if offer.line_units_max is None else min(goods.quantity, offer.line_units_max)
            if goods.bought and of_both is not None:
                taken = min(taken, of_both)
            if left is not None:
                taken = min(taken, left)
                left -= taken
            if goods.bought and of_both is not None:
                of_both -= taken
            if taken > 0:
                runs.append((place, taken))
        return runs

    def _rest(self, left: Decimal, *, by_amount: bool = False) -> list[_Run]:
        """So many units that are bought (or so much of them), from the other end, that do not get cheaper."""
        taken, runs = dict(self.targets), list[_Run]()
        for place in self._ordered(cheapest=self._offer.first != "cheapest"):
            goods = self._goods[place]
            if not goods.bought or left <= 0:
                continue
            wanted = left
            if by_amount:
                wanted = (left / goods.net).to_integral_value(ROUND_CEILING) if goods.net else ZERO
            part = min(goods.quantity - taken.get(place, ZERO), wanted)
            if part > 0:
                runs.append((place, part))
                left -= part * goods.net if by_amount else part
        return runs

    def _ordered(self, *, cheapest: bool) -> list[int]:
        goods = self._goods
        ordered = sorted(range(len(goods)), key=lambda place: goods[place].name)
        return sorted(ordered, key=lambda place: goods[place].price, reverse=not cheapest)


def _off_sets(offer: Offer, value: Decimal, goods: Sequence[Goods], plan: _Plan) -> dict[int, Decimal]:
    """What is taken off whole sets, shared over their units by price; a set is never dearer than its units."""
    amounts: dict[int, Decimal] = {}
    if plan.set_size is None:
        sets = [(ONE, dict(plan.targets))]
        value = value * plan.times if offer.reduction == "set_amount" else value
    else:
        sets = _sets(plan, offer)
    for count, units in sets:
        costs = {place: units[place] * goods[place].price for place in units}
        cost = sum(costs.values(), ZERO)
        complete = plan.set_size is None or sum(units.values(), ZERO) >= plan.set_size
        off = min(value, cost) if offer.reduction == "set_amount" else max(cost - value, ZERO) if complete else ZERO
        for place, part in costs.items():
            if off and cost:
                amounts[place] = amounts.get(place, ZERO) + EXACT.divide(off * part, cost) * count
    return amounts


def _sets(plan: _Plan, offer: Offer) -> list[tuple[Decimal, dict[int, Decimal]]]:
    """The units of each set, and how many sets in a row are made of the same lines.

    A set holds the units that get cheaper and, where they are others, those that are bought for it.
    """
    parts = [(list(plan.targets), plan.set_size or ONE)]
    if plan.bought and offer.uses_up and offer.quantity_from is not None:
        parts.append((list(plan.bought), offer.quantity_from))
    sets: list[tuple[Decimal, dict[int, Decimal]]] = []
    left = Decimal(plan.times)
    while left > 0 and all(runs for runs, _ in parts):
        alike = min([left, *(Decimal(_whole(runs[0][1] / size)) for runs, size in parts)])
        count = max(alike, ONE)
        units: dict[int, Decimal] = {}
        for runs, size in parts:
            for place, taken in _cut(runs, size * count):
                units[place] = units.get(place, ZERO) + taken / count
        sets.append((count, units))
        left -= count
    return sets


def _cut(runs: list[_Run], units: Decimal) -> list[_Run]:
    """So many units from the front of the runs, which are shortened by them."""
    taken: list[_Run] = []
    while units > 0 and runs:
        place, held = runs[0]
        part = min(held, units)
        taken.append((place, part))
        units -= part
        if part == held:
            runs.pop(0)
        else:
            runs[0] = (place, held - part)
    return taken


def _whole(times: Decimal) -> int:
    return int(times.to_integral_value(ROUND_FLOOR))

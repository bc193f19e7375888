"""A second resolver, written from the design alone: it walks every fact for every question.

Slow and obvious; it knows the scheme `agreement_first` and shares with the product only its records.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from listino.core.facts import Fact, PriceList
from listino.core.money import Rounding
from listino.core.rules import Rule, Step
from listino.core.schemes import agreement_first
from tests.naive_reach import HUNDRED, LONG_AGO, NOTHING, ONE, PARTY_ORDER, Ask, Reach

TURNS = {"nearest": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}
SCOPE_FIELDS = (
    "customer", "account", "customer_group", "ship_to", "item", "variant", "item_group", "brand", "coupon", "channel",
    "country", "order_type",
)  # fmt: skip
COINS = {"JPY": 0, "KWD": 3}


@dataclass
class Told:
    """The answer: a reason, or a price and (step, rule, price after it) for each step that did something."""

    reason: str | None = None
    per: Decimal = ONE
    currency: str = ""
    net_price: Decimal = NOTHING
    gross_price: Decimal | None = None
    list_price: Decimal = NOTHING
    net: Decimal = NOTHING
    tax: Decimal | None = None
    gross: Decimal | None = None
    steps: list[tuple[str, str | None, Decimal]] = field(default_factory=list)


class NoPrice(Exception):
    """There is no price, for a reason."""


def naive_price(facts: Iterable[Fact], ask: Ask, base_currency: str = "EUR", country: str | None = "IT") -> Told:
    """The price of one line by walking all facts."""
    with localcontext(prec=60, rounding=ROUND_HALF_UP):
        work = _Work(Reach(list(facts), ask, base_currency, country))
        try:
            return work.answer()
        except NoPrice as ending:
            return Told(str(ending))


class _Work:
    """One question on its way through the steps."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.told = Told()
        self.amount = NOTHING
        self.mode = "net"
        self.list: PriceList | None = None
        self.final = False
        self.low: Decimal | None = None
        self.high: Decimal | None = None

    def answer(self) -> Told:
        reach = self.reach
        if reach.item.status != "active":
            raise NoPrice(f"item_{reach.item.status}")
        if not reach.sold():
            raise NoPrice("not_in_assortment")
        for step in agreement_first().steps:
            if step.kind == "price":
                self._price(step)
            elif step.kind == "limit":
                self._limits(step)
            elif step.kind == "rounding":
                self._round(step)
            else:
                self._adjust(step)
        return self._line()

    def _price(self, step: Step) -> None:
        winner = self._best(step)
        if winner is None:
            raise NoPrice("no_price")
        self.amount, self.mode = self._price_by(winner, 0)
        if self.mode == "gross" and self.reach.tax is None:
            raise NoPrice("tax_unknown")
        self.told.per, self.told.list_price = winner.per, self.amount
        self.list = self._list_of(winner)
        self.told.steps.append((step.name, winner.code, self.amount))
        self.final = bool(winner.final)

    def _list_of(self, rule: Rule) -> PriceList | None:
        if rule.list == "base":
            return self.reach.one(PriceList, "base") or PriceList(code="base")
        found: PriceList | None = self.reach.one(PriceList, rule.list)
        return found

    def _price_by(self, rule: Rule, depth: int) -> tuple[Decimal, str]:
        """The price per `per` of the question's unit, and whether it is net or gross."""
        reach, formula = self.reach, rule.formula
        listed = self._list_of(rule)
        mode = listed.tax_mode if listed else "net"
        if formula is None:
            return self._money(rule, reach.value_of(rule) or NOTHING), mode
        if formula.list is not None:
            base = self._price_in(formula.list, mode, depth + 1)
        else:
            base = self._cost("cost_unknown") * (reach.factor if mode == "gross" else ONE)
        amount = base * rule.per * (ONE + formula.percent / HUNDRED) + self._money(rule, formula.amount)
        if formula.rounding is not None:
            amount = _on_grid(amount, formula.rounding)
        return max(amount, NOTHING), mode

    def _price_in(self, code: str, mode: str, depth: int) -> Decimal:
        """The price of one unit in a list by itself."""
        if depth > 8:
            raise NoPrice("formula_loop")
        step = agreement_first().steps[0]
        winner = self._best(step, code, depth)
        if winner is None:
            raise NoPrice("formula_without_price")
        amount, own_mode = self._price_by(winner, depth)
        if own_mode != mode and self.reach.tax is None:
            raise NoPrice("tax_unknown")
        factor = {("gross", "net"): ONE / self.reach.factor, ("net", "gross"): self.reach.factor}
        return amount / winner.per * factor.get((own_mode, mode), ONE)

    def _money(self, rule: Rule, amount: Decimal) -> Decimal:
        """An amount of a rule in the question's currency and unit, per `per`."""
        rate = self.reach.rate(self.reach.currency_of(rule))
        if rate is None:
            raise LookupError(rule.currency)
        return amount * rate * self.reach.held(self.reach.unit) / self.reach.held(rule.unit)

    def _cost(self, reason: str) -> Decimal:
        item = self.reach.item
        rate = self.reach.rate(item.cost_currency or self.reach.base_currency)
        if item.cost is None or rate is None:
            raise NoPrice(reason)
        return item.cost * rate * self.reach.held(self.reach.unit)

    def _rules(self, step: Step, in_list: str | None = None) -> list[Rule]:
        """The rules of a step that apply and that one of its accesses reaches."""
        suits = {"price": ("price",), "limit": ("limit",)}.get(step.kind, ("percent", "amount"))
        default = {"price": "price", "allowance": "discount", "charge": "charge", "limit": "limit"}
        found = []
        for rule in self.reach.every(Rule):
            kind = rule.action if rule.action in ("price", "limit") else rule.sign or "allowance"
            mine = rule.step == step.name if rule.step else default[kind] == step.name
            fits = rule.action in suits and (rule.sign in (None, step.kind) or rule.action in ("price", "limit"))
            here = in_list is None or rule.list == in_list
            if (
                mine
                and fits
                and here
                and self.reach.applies(rule, in_list)
                and self._access(rule, in_list) in step.access
            ):
                found.append(rule)
        return [rule for rule in found if self._has_source(rule, step)]

    def _has_source(self, rule: Rule, step: Step) -> bool:
        """Whether the list that a formula starts from has any rule that applies."""
        source = rule.formula.list if rule.formula is not None else None
        return source is None or any(
            other.list == source and (other.step or "price") == step.name and other.action == "price"
            and self.reach.applies(other, source) and self._access(other, source) in step.access
            for other in self.reach.every(Rule)
        )  # fmt: skip

    def _access(self, rule: Rule, in_list: str | None = None) -> str:
        """Whom a rule is for, then what: an assigned list stands in for a party that the rule does not name."""
        party = [name for name in PARTY_ORDER[:3] if getattr(rule, name) is not None]
        if not party and in_list is None and rule.list is not None:
            by_list = self.reach.lists[rule.list][0]
            # The base list's own place is behind everything; a channel's price in it is the channel's.
            party = [by_list] if by_list and not (by_list == "base" and rule.channel) else []
        if not party and rule.channel is not None:
            party = ["channel"]
        ways = (("variant",), ("item",), ("item_group", "brand"), ("item_group",), ("brand",))
        goods = next((way for way in ways if all(getattr(rule, name) is not None for name in way)), ())
        what = (["ship_to"] if rule.ship_to is not None else []) + list(goods)
        return "+".join(party[:1] + what) or "all"

    def _best(self, step: Step, in_list: str | None = None, depth: int = 0) -> Rule | None:
        rules = self._rules(step, in_list)
        return min(rules, key=lambda rule: self._place(step, rule, in_list, depth), default=None)

    def _place(self, step: Step, rule: Rule, in_list: str | None = None, depth: int = 0) -> tuple[Any, ...]:
        """Where a rule stands in the rank of a step; the smaller comes first."""
        reach = self.reach
        in_chain = rule.list is not None and in_list is None
        _, far, sequence = reach.lists[rule.list] if in_chain and rule.list else (None, 0, 0)
        distance = far + (reach.heights[rule.item_group] if rule.item_group else 0)
        distance += [account.code for account in reach.accounts].index(rule.account) if rule.account else 0
        distance += 1 if rule.item not in (None, reach.item.code) else 0
        in_money = rule.action != "percent" and not (rule.action == "limit" and rule.basis)
        unit = rule.unit or (reach.unit if rule.action == "percent" else reach.item.unit)
        meaning: dict[str, Callable[[], Any]] = {
            "access": lambda: step.access.index(self._access(rule, in_list)),
            "list": lambda: 0 if rule.list is None else 2 if rule.list == "base" else 1,
            "sequence": lambda: sequence,
            "priority": lambda: -rule.priority,
            "filled_keys": lambda: -sum(getattr(rule, name) is not None for name in SCOPE_FIELDS),
            "nearest": lambda: distance,
            "own_currency": lambda: bool(in_money) and reach.currency_of(rule) != reach.currency,
            "own_unit": lambda: unit != reach.unit,
            "start": lambda: -((rule.valid_from or LONG_AGO) - LONG_AGO),
            "tier": lambda: -reach.tier_of(rule),
            "value": lambda: self._outcome(step, rule, depth),
            "code": lambda: rule.code,
        }
        return tuple(meaning[name]() for name in step.rank)

    def _outcome(self, step: Step, rule: Rule, depth: int) -> Decimal:
        """The net price of one unit that a rule would lead to; without end where it cannot be worked out."""
        try:
            return self._led_to(step, rule, depth)
        except NoPrice:
            return Decimal("Infinity")

    def _led_to(self, step: Step, rule: Rule, depth: int) -> Decimal:
        if step.kind == "price":
            amount, mode = self._price_by(rule, depth)
            return amount / rule.per / (self.reach.factor if mode == "gross" else ONE)
        if step.kind == "limit":
            return self.reach.value_of(rule) or NOTHING
        return self._adjusted(step, rule)

    def _adjusted(self, step: Step, rule: Rule) -> Decimal:
        value = self.reach.value_of(rule) or NOTHING
        if rule.action == "percent":
            bases = {"running": self.amount, "price": self.told.list_price}
            basis = rule.basis or "running"
            factor = self.reach.factor if self.mode == "gross" else ONE
            base = bases[basis] if basis in bases else self._cost("cost_unknown") * self.told.per * factor
            change = base * value / HUNDRED
        else:
            change = self._money(rule, value) * self.told.per / rule.per
        return self.amount + change if step.kind == "charge" else max(self.amount - change, NOTHING)

    def _adjust(self, step: Step) -> None:
        rules = sorted(self._rules(step), key=lambda rule: self._place(step, rule))
        if step.pick == "best":
            rules.sort(key=lambda rule: self._outcome(step, rule, 0))
        for rule in rules if step.pick == "all" else rules[:1]:
            if self.final and step.kind == "allowance":
                return
            self.amount = self._adjusted(step, rule)
            self.told.steps.append((step.name, rule.code, self.amount))
            self.final = self.final or bool(rule.final)

    def _limits(self, step: Step) -> None:
        for rule in sorted(self._rules(step), key=lambda rule: self._place(step, rule)):
            value, per, before = self.reach.value_of(rule) or NOTHING, self.told.per, self.amount
            if rule.basis == "cost":
                factor = self.reach.factor if self.mode == "gross" else ONE
                bound = self._cost("limit_unknown") * value / HUNDRED * per * factor
            elif rule.basis is not None:
                bound = self.told.list_price * value / HUNDRED
            elif self.reach.rate(self.reach.currency_of(rule)) is None:
                raise NoPrice("limit_unknown")
            else:
                bound = self._money(rule, value) * per / rule.per
            if rule.bound == "min":
                self.low = bound if self.low is None else max(self.low, bound)
            else:
                self.high = bound if self.high is None else min(self.high, bound)
                self.amount = min(self.amount, bound)
            self.amount = self.amount if self.low is None else max(self.amount, self.low)
            if self.amount != before:
                self.told.steps.append((step.name, rule.code, self.amount))

    def _round(self, step: Step) -> None:
        listed = self.list
        if listed is None or (listed.rounding is None and listed.decimals is None):
            return
        before = self.amount
        before = round(before, 40)
        grids = [grid for grid in (listed.rounding,) if grid is not None]
        if listed.decimals is not None:
            grids.append(Rounding(increment=ONE.scaleb(-listed.decimals)))
        price = _on_grids(before, grids)
        if self.low is not None and price < self.low:
            price = _on_grids(round(self.low, 40), grids, "up")
        if self.high is not None and price > self.high:
            price = _on_grids(round(self.high, 40), grids, "down")
            if self.low is not None and price < self.low:
                price = before
        self.amount = price
        if price != before:
            self.told.steps.append((step.name, None, price))

    def _line(self) -> Told:
        told, reach = self.told, self.reach
        coin = ONE.scaleb(-COINS.get(reach.currency, 2))
        line = round(self.amount * reach.ask.quantity / told.per, 40)
        told.currency = reach.currency
        if self.mode == "gross":
            told.gross_price = self.amount
            told.net_price = _as_shown(self.amount, ONE / reach.factor, coin)
            told.list_price = _as_shown(told.list_price, ONE / reach.factor, coin)
            told.gross = line.quantize(coin)
            told.net = (told.gross / reach.factor).quantize(coin)
            told.tax = told.gross - told.net
            return told
        told.net_price, told.net = self.amount, line.quantize(coin)
        if reach.tax is not None:
            told.tax = (told.net * reach.tax.percent / HUNDRED).quantize(coin)
            told.gross = told.net + told.tax
            told.gross_price = _as_shown(self.amount, reach.factor, coin)
        return told


def _as_shown(price: Decimal, factor: Decimal, coin: Decimal) -> Decimal:
    if factor == ONE:
        return price
    digits = max(_digits(coin), _digits(price))
    return round(price * factor, 40).quantize(ONE.scaleb(-min(digits, 9)))


def _digits(value: Decimal) -> int:
    exponent = round(value, 9).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _on_grids(price: Decimal, grids: list[Rounding], direction: str | None = None) -> Decimal:
    for grid in grids:
        price = _on_grid(price, grid, direction)
    return price


def _on_grid(price: Decimal, grid: Rounding, direction: str | None = None) -> Decimal:
    steps = ((price - grid.offset) / grid.increment).quantize(ONE, TURNS[direction or grid.direction])
    result = steps * grid.increment + grid.offset
    while result <= 0 < price:  # Goods do not become free by rounding.
        result += grid.increment
    return max(result, NOTHING)

"""What rules are worth for one part of a line: prices, what is taken off or added, limits, charges beside it."""

from copy import copy, deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from listino.core.facts import PriceList, Tax
from listino.core.money import Rounding
from listino.core.rules import Caps, Formula, Rule, Step
from tests.naive_measure import Before, Measure, Part
from tests.naive_reach import (
    HUNDRED,
    NOTHING,
    ONE,
    Reach,
    factor_of,
)

TURNS = {"nearest": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}
KILOGRAMS = {"KGM": ONE, "GRM": Decimal("0.001"), "TNE": Decimal(1000)}
LOOP = 8


class NoPrice(Exception):
    """There is no price, for a reason."""


class Made(NamedTuple):
    """A price per the rule's `per`, what it is shown as a discount of, and whether it is net or gross."""

    amount: Decimal
    listed: Decimal
    mode: str


@dataclass
class State:
    """What the line has come to between two steps."""

    amount: Decimal | None = None
    per: Decimal = ONE
    first: Decimal = NOTHING
    mode: str = "net"
    listed: PriceList | None = None
    final: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    line: Before = field(default_factory=Before)
    steps: list[tuple[str, str | None, Decimal]] = field(default_factory=list)
    own: list[tuple[Rule, Decimal]] = field(default_factory=list)
    cut: dict[str, Decimal] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    after: dict[str, Decimal] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    below: bool = False

    def apart(self) -> "State":
        return deepcopy(self)


class Worth(Measure):
    """What rules come to."""

    def __init__(self, reach: Reach, part: Part) -> None:
        super().__init__(reach, part)
        # How many lists are being asked, one within the other; and what they said.
        self.asking: list[str] = []
        self.said: dict[Any, Made | str] = {}

    def listed_rules(self, code: str, state: State) -> list[Rule]:
        """The rules that price a list by itself, best first."""
        raise NotImplementedError

    def list_of(self, rule: Rule) -> PriceList | None:
        found: PriceList | None = self.reach.one(PriceList, rule.list)
        return found or (PriceList(code="base") if rule.list == "base" else None)

    def mode_of(self, rule: Rule) -> str | None:
        """Whether a rule's amounts are meant net or gross, where it or its list says so."""
        listed = self.list_of(rule)
        return rule.tax_mode or (listed.tax_mode if listed else None)

    def price_by(self, rule: Rule, state: State) -> Made:
        """The price per `per` of the question's unit."""
        listed, tax = self.list_of(rule), self.reach.tax
        percent = listed.reference_percent if listed is not None and listed.constant is not None else None
        if listed is None or percent is None or (tax is not None and tax.percent == percent):
            return self._made(rule, state)
        # As it is under the tax that its list was made for; then net or gross stays.
        there = copy(self)
        there.reach = copy(self.reach)
        there.reach.tax = Tax(code="there", percent=percent)
        there.reach.factor = factor_of(there.reach.tax)
        there.said = {}
        there.listed_rules = self.listed_rules  # type: ignore[method-assign]
        made, mode = there._made(rule, state), listed.constant or "net"
        factor = there.between(made.mode, mode)
        return Made(made.amount * factor, made.listed * factor, mode)

    def _made(self, rule: Rule, state: State) -> Made:
        mode = self.mode_of(rule) or "net"
        if rule.formula is not None:
            return self._by_formula(rule, rule.formula, state, mode)
        value = self.value_of(rule, state.line) or NOTHING
        if rule.action == "margin":
            cost = self.cost(mode) * rule.per
            of_price = rule.basis in ("price", "gross")
            made = cost / (ONE - value / HUNDRED) if of_price else cost * (ONE + value / HUNDRED)
            return Made(made, made, mode)
        amount = self.money(rule, value)
        return Made(amount, amount, mode)

    def _by_formula(self, rule: Rule, formula: Formula, state: State, mode: str) -> Made:
        source = source_of(rule)
        if source is not None:
            made = self.in_list(source, mode, state)
            base, listed = made.amount * rule.per, made.listed * rule.per
        elif formula.attribute is not None:
            base = listed = self.attribute_price(formula.attribute, mode) * rule.per
        else:
            base = listed = self.cost(mode) * rule.per
        amount = base * (ONE + formula.percent / HUNDRED) + self.money(rule, formula.amount)
        if formula.rounding is not None:
            amount = on_grid(amount, formula.rounding)
        if formula.min_margin is not None:
            amount = max(amount, base + self.money(rule, formula.min_margin))
        if formula.max_margin is not None:
            amount = min(amount, base + self.money(rule, formula.max_margin))
        amount = max(amount, NOTHING)
        return Made(amount, listed if rule.show_as == "discount" and amount < listed else amount, mode)

    def in_list(self, code: str, mode: str, state: State) -> Made:
        """The price of one unit in a list by itself."""
        asked = (code, mode, len(self.asking), state.line.net)
        if asked not in self.said:
            self.asking.append(code)
            try:
                self.said[asked] = self._in_list(code, mode, state)
            except NoPrice as ending:
                self.said[asked] = str(ending)
            self.asking.pop()
        said = self.said[asked]
        if isinstance(said, str):
            raise NoPrice(said)
        return said

    def _in_list(self, code: str, mode: str, state: State) -> Made:
        if len(self.asking) > LOOP:
            raise NoPrice("formula_loop")
        rules = self.listed_rules(code, state)
        if not rules:
            raise NoPrice("formula_without_price")
        made = self.price_by(rules[0], state)
        per = rules[0].per
        factor = self.between(made.mode, mode)
        return Made(made.amount / per * factor, made.listed / per * factor, mode)

    def between(self, own: str, mode: str) -> Decimal:
        """What an amount that is net or gross is multiplied by to be the other."""
        if own == mode:
            return ONE
        if self.reach.tax is None:
            raise NoPrice("tax_unknown")
        return self.reach.factor if mode == "gross" else ONE / self.reach.factor

    def money(self, rule: Rule, amount: Decimal) -> Decimal:
        """An amount of a rule in the question's currency and unit, per `per`."""
        rate = self.reach.rate(self.reach.currency_of(rule))
        if rate is None:
            raise LookupError(rule.currency)
        return amount * rate * self.reach.held(self.reach.unit) / self.reach.held(rule.unit)

    def cost(self, mode: str) -> Decimal:
        item = self.reach.item
        rate = self.reach.rate(item.cost_currency)
        if item.cost is None or rate is None:
            raise NoPrice("cost_unknown")
        return item.cost * rate * self.reach.held(self.reach.unit) * (self.reach.factor if mode == "gross" else ONE)

    def attribute(self, name: str) -> Any:
        return next((found for found in self.reach.item.price_attributes if found.name == name), None)

    def attribute_price(self, name: str, mode: str) -> Decimal:
        found = self.attribute(name)
        if found is None:
            raise NoPrice("attribute_unknown")
        rate = self.reach.rate(found.currency)
        if rate is None:
            raise NoPrice("no_rate")
        value: Decimal = found.value * rate * self.reach.held(self.reach.unit)
        return value * self.between("net", mode)

    def adjusted(self, step: Step, rule: Rule, state: State, entry: Decimal) -> Decimal:
        """What an allowance or charge leaves of the price."""
        assert state.amount is not None
        if rule.action == "price":
            made = self.price_by(rule, state)
            offered = made.amount * self.between(made.mode, state.mode) * state.per / rule.per
            return max(state.amount, offered) if step.kind == "charge" else min(state.amount, offered)
        change = self.change_by(step, rule, state, entry)
        return max(state.amount + (change if step.kind == "charge" else -change), NOTHING)

    def change_by(self, step: Step, rule: Rule, state: State, entry: Decimal) -> Decimal:
        """What a percentage, an amount or a quotation comes to, per the running price's `per`."""
        value = self.value_of(rule, state.line) or NOTHING
        if rule.action == "percent":
            return self.basis(rule.basis or step.base, step, state, entry) * value / HUNDRED
        if rule.action == "indexed":
            return self._indexed(rule, state)
        return self._amount(rule, self.money(rule, value), state) * state.per / rule.per

    def _amount(self, rule: Rule, amount: Decimal, state: State) -> Decimal:
        """An amount of a rule, which may be meant net or gross, in the mode of the running price."""
        return amount * self.between(self.mode_of(rule) or state.mode, state.mode)

    def capped(self, rule: Rule, caps: Caps, state: State, amount: Decimal) -> Decimal | None:
        """The price with as much of a reduction as caps on its amount leave; None for none of it."""
        before = state.amount
        assert before is not None
        rate = self.reach.rate(self.reach.currency_of(rule)) or ONE
        whole = cut = (before - amount) * self.part.quantity / state.per / rate
        if self.part.quantity < 0 or cut <= 0:
            return amount
        if caps.amount is not None:
            left = caps.amount - self.used("rule", rule.code, "amount")
            if cut > left and caps.beyond == "refuse":
                return None
            cut = min(cut, left)
        if caps.amount_per_order is not None:
            cut = min(cut, caps.amount_per_order - self.part.in_order.get(rule.code, NOTHING))
        return amount if cut == whole else before - cut * rate * state.per / self.part.quantity

    def basis(self, basis: str, step: Step, state: State, entry: Decimal) -> Decimal:
        """What a percentage is of."""
        assert state.amount is not None
        if basis == "running":
            return entry if step.combine == "additive" else state.amount
        if basis in ("price", "gross"):
            return state.first
        if basis == "cost":
            return self.cost(state.mode) * state.per
        source, _, name = basis.partition(":")
        if source == "list":
            return self.in_list(name, state.mode, state).amount * state.per
        if source == "attribute":
            return self.attribute_price(name, state.mode) * state.per
        return state.after.get(name, state.first)

    def own_price(self, step: Step, rule: Rule, state: State, entry: Decimal) -> Decimal:
        """A charge beside the line: per one unit, or all of it where it is for the line."""
        assert rule.own_line is not None
        if rule.own_line.per == "unit":
            return self.change_by(step, rule, state, entry) / state.per
        if rule.action != "amount":
            return self.change_by(step, rule, state, entry) / state.per * abs(self.part.quantity)
        value = self.value_of(rule, state.line) or NOTHING
        return self._amount(rule, value * (self.reach.rate(self.reach.currency_of(rule)) or ONE), state)

    def limit_by(self, step: Step, rule: Rule, state: State) -> Decimal:
        """A limit per the running price's `per`."""
        value = self.value_of(rule, state.line) or NOTHING
        if rule.basis is not None:
            assert state.amount is not None
            return self.basis(rule.basis, step, state, state.amount) * value / HUNDRED
        if self.reach.rate(self.reach.currency_of(rule)) is None:
            raise NoPrice("no_rate")
        return self._amount(rule, self.money(rule, value), state) * state.per / rule.per

    def _indexed(self, rule: Rule, state: State) -> Decimal:
        """(quotation - reference) x what one unit of the item holds of it."""
        reach, indexed = self.reach, rule.indexed
        assert indexed is not None
        held = self.holds(indexed.measure)
        if not held:
            return NOTHING
        quoted = reach.quoted(indexed.quotation)
        if quoted is None:
            raise NoPrice("quotation_unknown")
        rate = reach.rate(quoted.currency)
        if rate is None:
            raise NoPrice("no_rate")
        if indexed.measure == "weight":
            held /= KILOGRAMS[quoted.unit]
        change = (quoted.value - indexed.reference) / quoted.per * held * rate
        if indexed.lowest is not None:
            lowest = reach.rate(reach.currency_of(rule))
            if lowest is None:
                raise NoPrice("no_rate")
            change = max(change, indexed.lowest * lowest)
        change *= reach.held(reach.unit) * state.per
        return change * self.between("net", state.mode)

    def holds(self, measure: str) -> Decimal | None:
        """How much of something one of the item's unit holds."""
        if measure == "weight":
            return self.reach.item.weight
        return next((one.value for one in self.reach.item.measures if one.name == measure), None)


def source_of(rule: Rule) -> str | None:
    """The list that a formula starts from."""
    if rule.formula is None:
        return None
    return "base" if rule.formula.basis == "base" else rule.formula.list


def on_grids(price: Decimal, grids: list[Rounding], direction: str | None = None) -> Decimal:
    """A price on one grid after the other."""
    for grid in grids:
        price = on_grid(price, grid, direction)
    return price


def on_grid(price: Decimal, grid: Rounding, direction: str | None = None) -> Decimal:
    """A price on a grid; goods do not become free by rounding."""
    steps = ((price - grid.offset) / grid.increment).quantize(ONE, TURNS[direction or grid.direction])
    result = steps * grid.increment + grid.offset
    while result <= 0 < price:
        result += grid.increment
    return max(result, NOTHING)

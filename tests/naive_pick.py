"""Which rules of a step apply to one part of a line, and which of them comes first."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from listino.core.rules import Rule, Scheme, Step
from listino.core.scheme import ACCESS, PROMOTION_RANK, STANDING_RANK
from tests.naive_measure import Part
from tests.naive_reach import LONG_AGO, NOTHING, ONE, PARTY_ORDER, WAYS, Place, Reach, in_money
from tests.naive_worth import NoPrice, State, Worth, source_of

SCOPE_FIELDS = (
    "customer", "account", "customer_group", "ship_to", "item", "variant", "item_group", "brand", "item_set", "coupon",
    "channel", "country", "order_type", "attributes",
)  # fmt: skip
# What a rule in a step of a kind may do.
SUITS = {
    "price": ("price", "margin"),
    "allowance": ("percent", "amount", "price"),
    "charge": ("percent", "amount", "price", "indexed"),
    "limit": ("limit",),
}


class Pick(Worth):
    """What rules come to, and their order."""

    def __init__(self, reach: Reach, part: Part) -> None:
        super().__init__(reach, part)
        self.hidden = self._displaced()

    def listed_rules(self, code: str, state: State) -> list[Rule]:
        return self.rules(self._first_price(), state, code)

    # Which rules compete in a step.

    def rules(self, step: Step, state: State, in_list: str | None = None) -> list[Rule]:
        """The rules of a step that apply, best first."""
        found = [rule for rule in self._possible(step, in_list) if self._is_met(rule, state)]
        found = [rule for rule in found if self._has_source(rule, state)]
        if in_list is None:
            found = [rule for rule in found if rule.exclusion_group is None or rule.exclusion_group not in state.taken]
            if step.kind in {"allowance", "charge"}:
                found = [rule for rule in found if self._changes(step, rule, state)]
        places = {rule.code: self._place(step, rule, state, in_list) for rule in found}
        found.sort(key=lambda rule: places[rule.code])
        if step.pick == "best":
            found.sort(key=lambda rule: self._outcome(step, rule, state))
        if step.ties == "refuse" and step.pick != "all" and len(found) > 1:
            self._refuse_tie(step, [(*self._value(step, rule, state), *places[rule.code]) for rule in found[:2]])
        return found

    def _value(self, step: Step, rule: Rule, state: State) -> tuple[Decimal, ...]:
        return (self._outcome(step, rule, state),) if step.pick == "best" else ()

    def _refuse_tie(self, step: Step, places: list[tuple[Any, ...]]) -> None:
        """No price where the first comes before the second by its code alone."""
        names = [*(["value"] if step.pick == "best" else []), *rank_of(step)]
        if next(name for name, one, other in zip(names, *places, strict=True) if one != other) == "code":
            raise NoPrice("tie")

    def _possible(self, step: Step, in_list: str | None = None, any_money: bool = False) -> list[Rule]:
        """The rules of a step that concern the question, whatever is bought of it."""
        return [
            rule
            for rule in self.reach.every(Rule)
            if step.name in self._steps_of(rule)
            and fits(rule, step.kind)
            and (in_list is None or rule.list == in_list)
            and self.reach.concerns(rule, in_list, any_money)
            and (any_money or not (step.currency_required and self._is_foreign(rule) and rule.formula is None))
            and (in_list is not None or rule.list not in self.hidden)
            and self._access(step, rule, in_list) is not None
        ]

    def _is_foreign(self, rule: Rule) -> bool:
        return in_money(rule) and self.reach.currency_of(rule) != self.reach.currency

    def _steps_of(self, rule: Rule) -> tuple[str, ...]:
        """In which steps a rule competes: the one that it names, or the first of its kind."""
        if rule.step is not None:
            return (rule.step,)
        kinds = {"price": "price", "margin": "price", "limit": "limit", "indexed": "charge"}
        kind = kinds.get(rule.action) or ("charge" if rule.own_line else rule.sign or "allowance")
        for step in self.reach.scheme.steps:
            if step.kind == kind:
                return (step.name,)
            ways = [next((one.name for one in chain.steps if one.kind == kind), None) for chain in step.chains]
            if any(ways):
                return tuple(name for name in ways if name is not None)
        return ()

    def _is_met(self, rule: Rule, state: State) -> bool:
        reach = self.reach
        if rule.unit not in (None, reach.unit) and (rule.action == "percent" or reach.holding(rule.unit) is None):
            return False
        if not self._has_attribute(rule):
            return False
        if not self.has_needed(rule, state.line) or not self.is_left(rule):
            return False
        return rule.scale is None or self.value_of(rule, state.line) is not None

    def _has_source(self, rule: Rule, state: State | None, asked_by: tuple[str, ...] = ()) -> bool:
        """Whether the list that a formula starts from has a rule that applies; without a state, at some quantity."""
        source = source_of(rule) if rule.formula is not None else None
        if source is None or source in asked_by:
            return True
        found = self._possible(self._first_price(), source)
        found = [rule for rule in found if (self._has_attribute(rule) if state is None else self._is_met(rule, state))]
        return any(self._has_source(other, state, (*asked_by, source)) for other in found)

    def _changes(self, step: Step, rule: Rule, state: State) -> bool:
        """Whether a rule would have an effect: an offer price a lower one, a capped one what its cap still holds."""
        assert state.amount is not None
        if rule.indexed is not None and not self.holds(rule.indexed.measure):
            return False
        if rule.own_line is not None:
            return True
        try:
            amount = self.adjusted(step, rule, state, state.amount)
        except NoPrice:
            return True  # That is told if it wins.
        if rule.action == "price" and amount == state.amount:
            return False
        return rule.caps is None or self.capped(rule, rule.caps, state, amount) is not None

    def _has_attribute(self, rule: Rule) -> bool:
        """Whether the item has the price that a formula starts from, where it starts from one of the item's."""
        named = rule.formula.attribute if rule.formula is not None else None
        return named is None or self.attribute(named) is not None

    def _first_price(self) -> Step:
        """The step as which a list by itself is asked."""
        return next(step for step in every_step(self.reach.scheme) if step.kind == "price")

    def _displaced(self) -> set[str]:
        """The lists that do not count beside those before them."""
        hidden: set[str] = set()
        self.hidden = hidden
        priced = alone = False
        for code in sorted(self.reach.lists, key=lambda code: (self.reach.lists[code].order, code)):
            mode = self.reach.lists[code].mode
            if alone or (mode == "only_if_empty" and priced):
                hidden.add(code)
                continue
            prices = self._prices(code)
            priced = priced or prices
            alone = mode == "replace" or (mode == "only_if_empty" and prices)
        return hidden

    def _prices(self, code: str) -> bool:
        """Whether a list has a price of the item, at whatever quantity, unit or currency."""
        steps = [step for step in every_step(self.reach.scheme) if step.kind == "price"]
        found = [rule for step in steps for rule in self._possible(step, any_money=True) if rule.list == code]
        return any(self._has_attribute(rule) and self._has_source(rule, None) for rule in found)

    # Which comes first.

    def _access(self, step: Step, rule: Rule, in_list: str | None = None) -> int | None:
        """Whom a rule is for, then what: an assigned list stands in for a party that the rule does not name."""
        names = list(step.access or ACCESS)
        party = [name for name in PARTY_ORDER[:3] if getattr(rule, name) is not None]
        goods = next((way for way in WAYS if all(getattr(rule, name) is not None for name in way)), ())
        what = (["ship_to"] if rule.ship_to is not None else []) + ["+".join(goods)] * bool(goods)
        own = "+".join((party or (["channel"] if rule.channel is not None else []))[:1] + what) or "all"
        if in_list is not None:
            names += [name for name in ACCESS if name not in names]
            return names.index(own) if own in names else None
        by_list = self.reach.lists[rule.list].party if rule.list is not None else None
        stood_in = own
        # The base list's own place is behind everything; a channel's price in it is the channel's.
        if not party and by_list is not None and not (by_list == "base" and rule.channel is not None):
            stood_in = "+".join([by_list, *what])
        if stood_in in names:
            return names.index(stood_in)
        return names.index(own) if by_list == "base" and own in names else None

    def _place(self, step: Step, rule: Rule, state: State, in_list: str | None = None) -> tuple[Any, ...]:
        """Where a rule stands in the rank of a step; the smaller comes first."""
        reach = self.reach
        place = Place(None, 0, 0)
        if in_list is None and rule.list is not None:
            place = reach.lists[rule.list]
        distance = place.distance + (reach.heights[rule.item_group] if rule.item_group else 0)
        distance += [account.code for account in reach.accounts].index(rule.account) if rule.account else 0
        distance += 1 if rule.item not in (None, reach.item.code) else 0
        meaning: dict[str, Callable[[], Any]] = {
            "access": lambda: self._access(step, rule, in_list),
            "list": lambda: 0 if rule.list is None else 2 if rule.list == "base" else 1,
            "sequence": lambda: place.sequence,
            "chain": lambda: (-1, 0, 0) if rule.list is None else place.order,
            "priority": lambda: -rule.priority,
            "filled_keys": lambda: -filled(rule, SCOPE_FIELDS),
            "nearest": lambda: distance,
            "own_currency": lambda: self._is_foreign(rule),
            "own_unit": lambda: (
                (in_money(rule) or rule.unit is not None) and (rule.unit or reach.item.unit) != reach.unit
            ),
            "start": lambda: -((rule.valid_from or LONG_AGO) - LONG_AGO),
            "tier": lambda: -self.tier_of(rule, state.line),
            "value": lambda: self._outcome(step, rule, state),
            "code": lambda: rule.code,
        }
        parts = {name: name.partition(":")[2].split("+") for name in step.rank if ":" in name}
        return tuple(-filled(rule, parts[name]) if name in parts else meaning[name]() for name in rank_of(step))

    def _outcome(self, step: Step, rule: Rule, state: State) -> Decimal:
        """The net price of one unit that a rule would lead to; without end where it cannot be worked out."""
        try:
            if step.kind == "price":
                made = self.price_by(rule, state)
                return made.amount / rule.per / (self.reach.factor if made.mode == "gross" else ONE)
            if step.kind == "limit":
                return self.value_of(rule, state.line) or NOTHING
            assert state.amount is not None
            if rule.own_line is not None:
                quantity = abs(self.part.quantity) if rule.own_line.per == "line" else ONE
                return state.amount + self.own_price(step, rule, state, state.amount) / quantity * state.per
            return self.adjusted(step, rule, state, state.amount)
        except NoPrice:
            return Decimal("Infinity")


def every_step(scheme: Scheme) -> list[Step]:
    """All steps of a scheme, those of its choices too."""
    return [one for step in scheme.steps for one in (step, *(inner for chain in step.chains for inner in chain.steps))]


def rank_of(step: Step) -> tuple[str, ...]:
    """The rank of a step in full: a step that picks the most specific begins with the access, each ends in the code."""
    rank = step.rank or (PROMOTION_RANK if step.pick == "best" else STANDING_RANK)
    if step.pick == "specific":
        rank = ("access", *(name for name in rank if name != "access"))
    return (*rank, "code")


def fits(rule: Rule, kind: str) -> bool:
    """Whether a step of a kind carries out what a rule does."""
    if rule.action not in SUITS.get(kind, ()):
        return False
    if rule.own_line is not None and (kind == "allowance" or rule.own_line.per == "order"):
        return False
    return kind in ("price", "limit") or rule.sign in (None, kind)


def filled(rule: Rule, names: tuple[str, ...] | list[str]) -> int:
    """How many of these parts of its scope a rule sets; each attribute counts."""
    found = sum(getattr(rule, name) is not None for name in names if name != "attributes")
    return found + (len(rule.attributes or {}) if "attributes" in names else 0)

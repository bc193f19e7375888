"""Which rules can matter to one customer and one item, step by step, sorted by what never moves.

What depends on the quantity, the unit or the moment stays open; so this is kept for a pair and asked
again and again. What can never apply here is kept apart with its reason, for the explanation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from listino.core.facts import PriceList, Rate
from listino.core.money import NINE_PLACES, ZERO
from listino.core.rules import BASE_LIST, Rule
from listino.core.scheme import Plan, StepPlan

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_START = 1 << 62

Window = tuple[datetime | None, datetime | None]
ALWAYS: Window = (None, None)
# The reason why a rule does not apply, and what its sentence needs.
Reason = tuple[str, object]
# The part of a rank that never moves, so that the smaller comes first.
Rank = tuple[Any, ...]


class Ready:
    """A rule made ready once when it is read: tiers from quantities on, percentages as factors."""

    __slots__ = ("filled", "filtered", "rule", "tiers", "value", "window")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.value = rule.value
        self.tiers = _tiers(rule)
        self.window: Window = (rule.valid_from, rule.valid_to)
        self.filtered = rule.unless is not None or rule.order_type is not None
        self.filled = sum(getattr(rule, name) is not None for name in _SCOPE_FIELDS)


_SCOPE_FIELDS = (
    "customer", "account", "customer_group", "ship_to", "item", "variant", "item_group", "brand", "coupon", "channel",
    "country", "order_type",
)  # fmt: skip


def _tiers(rule: Rule) -> tuple[tuple[Decimal, Decimal | None], ...]:
    """(from, value) ascending. Quantities have nine decimals, so "above 5" is "from 5.000000001"."""
    if rule.scale is None:
        return ()
    if rule.scale.tiers[0].from_ is not None:
        return tuple((tier.from_ or ZERO, tier.value) for tier in rule.scale.tiers)
    start: Decimal | None = ZERO
    tiers: list[tuple[Decimal, Decimal | None]] = []
    for tier in rule.scale.tiers:
        if start is not None:
            tiers.append((start, tier.value))
        start = None if tier.up_to is None else tier.up_to + NINE_PLACES
    if start is not None:
        tiers.append((start, None))
    return tuple(tiers)


@dataclass(slots=True)
class Candidate:
    """One rule that can apply, as it stands towards this customer, item, channel and currency."""

    rule: Rule
    ready: Ready
    group: int
    access: int
    moving: tuple[object, ...]
    start: datetime | None
    end: datetime | None
    currency: str
    own_currency: bool
    list: PriceList | None
    always: bool


@dataclass(slots=True)
class StepCandidates:
    """A step of the plan with the rules that can apply in it, best first, and those that cannot."""

    plan: StepPlan
    live: tuple[Candidate, ...]
    dead: tuple[tuple[Rule, Reason], ...]
    timed: bool


@dataclass(slots=True)
class ListPlace:
    """A price list in a customer's chain: whom it is assigned to, where in the order, and when."""

    list: PriceList
    party: str | None
    sequence: int
    windows: tuple[Window, ...]


@dataclass(slots=True)
class Circle:
    """All that holds for one question's customer and item, in codes: whom and what a rule may name.

    Shapes:  values: per scope letter the codes that hold, nearest first; windows: when a group holds
             (a code without entry: always); chain: the price lists in reach by code.
    """

    values: dict[str, tuple[str, ...]]
    windows: dict[str, tuple[Window, ...]]
    chain: dict[str, ListPlace]
    channel: str | None
    country: str | None
    currency: str
    base_currency: str
    rates: Mapping[tuple[str, str], tuple[Rate, ...]] = field(default_factory=dict)


def arranged(plan: Plan, rules: Iterable[Ready], circle: Circle) -> tuple[StepCandidates, ...]:
    """The rules found for a question, by step of the plan, each step sorted by its rank."""
    by_step: dict[str, list[Ready]] = {step.name: [] for step in plan.steps}
    for ready in rules:
        name = plan.step_name_of(ready.rule)
        if name in by_step:
            by_step[name].append(ready)
    return tuple(_arranged_step(step, by_step[step.name], circle) for step in plan.steps)


def _arranged_step(step: StepPlan, rules: list[Ready], circle: Circle) -> StepCandidates:
    if not rules:
        return StepCandidates(step, (), (), False)
    live: list[tuple[Rank, Candidate]] = []
    dead: list[tuple[Rule, Reason]] = []
    for ready in rules:
        reason = _never(step, ready, circle)
        if reason is not None:
            dead.append((ready.rule, reason))
        else:
            live.extend(_placed(step, ready, circle))
    reachable = [(rank, candidate) for rank, candidate in live if candidate.access >= 0]
    dead += [(candidate.rule, ("no_access", None)) for _, candidate in live if candidate.access < 0]
    reachable.sort(key=lambda placed: (placed[0], placed[1].rule.code))
    group, last = -1, None
    for rank, candidate in reachable:
        if rank != last:
            group, last = group + 1, rank
        candidate.group = group
    timed = any(not candidate.always for _, candidate in reachable)
    return StepCandidates(step, tuple(candidate for _, candidate in reachable), tuple(dead), timed)


def _never(step: StepPlan, ready: Ready, circle: Circle) -> Reason | None:
    """Why a rule cannot apply to this pair at any quantity and moment, if so."""
    rule = ready.rule
    if rule.status != "active":
        return ("status", rule.status)
    if rule.channel is not None and rule.channel != circle.channel:
        return ("wrong_channel", rule.channel)
    if rule.country is not None and rule.country != circle.country:
        return ("wrong_country", rule.country)
    if rule.list is not None and rule.list not in circle.chain:
        return ("list_not_assigned", rule.list)
    if _kind_refuses(step, rule):
        return ("wrong_step", step.name)
    if rule.action == "percent" and rule.currency is not None and rule.currency != circle.currency:
        return ("wrong_currency", rule.currency)
    currency = currency_of(ready.rule, circle)
    if rule.action != "percent" and currency != circle.currency and rule.formula is None:
        if step.currency_required:
            return ("wrong_currency", currency)
        if not rates_between(currency, circle.currency, circle):
            return ("no_rate", currency)
    return None


def _kind_refuses(step: StepPlan, rule: Rule) -> bool:
    if step.kind in ("allowance", "charge"):
        return rule.action not in ("percent", "amount") or rule.sign not in (None, step.kind)
    return rule.action != step.kind


def currency_of(rule: Rule, circle: Circle) -> str:
    """The currency of a rule's value: its own, its list's, or the company's."""
    if rule.currency is not None:
        return rule.currency
    place = circle.chain.get(rule.list) if rule.list is not None else None
    return (place.list.currency if place is not None else None) or circle.base_currency


def rates_between(currency: str, to_currency: str, circle: Circle) -> bool:
    """Whether some dated rate, either way round or over the company's currency, joins two currencies."""
    if currency == to_currency or (currency, to_currency) in circle.rates or (to_currency, currency) in circle.rates:
        return True
    base = circle.base_currency
    if base in (currency, to_currency):
        return False
    return rates_between(currency, base, circle) and rates_between(base, to_currency, circle)


def _placed(step: StepPlan, ready: Ready, circle: Circle) -> Iterable[tuple[Rank, Candidate]]:
    """A rule once for each time window in which the groups and lists that it needs hold."""
    rule = ready.rule
    place = circle.chain.get(rule.list) if rule.list is not None else None
    access = step.access.get(access_of(rule, place), -1)
    currency = currency_of(rule, circle)
    own_currency = rule.action == "percent" or currency == circle.currency
    order = _order(rule, ready, place, access, own_currency, circle)
    rank = tuple(order[name] for name in step.static_rank)
    moving = tuple(order.get(name) for name in step.moving_rank)
    windows = [ready.window]
    if rule.customer_group is not None and rule.customer_group in circle.windows:
        windows = _crossed(windows, circle.windows[rule.customer_group])
    if place is not None and place.windows != (ALWAYS,):
        windows = _crossed(windows, place.windows)
    for start, end in windows:
        always = start is None and end is None and not ready.filtered
        listed = place.list if place is not None else None
        yield rank, Candidate(rule, ready, 0, access, moving, start, end, currency, own_currency, listed, always)


def _crossed(windows: list[Window], others: tuple[Window, ...]) -> list[Window]:
    """The windows in which both hold; an empty crossing keeps its edges, so that it can be explained."""
    crossed: list[Window] = []
    for start, end in windows:
        for other_start, other_end in others:
            starts = [edge for edge in (start, other_start) if edge is not None]
            ends = [edge for edge in (end, other_end) if edge is not None]
            crossed.append((max(starts) if starts else None, min(ends) if ends else None))
    return crossed


def access_of(rule: Rule, place: ListPlace | None) -> str:
    """The access of a rule: the fields of its scope, its list's party standing in for its own."""
    parts: list[str] = []
    if rule.customer is not None:
        parts.append("customer")
    if rule.account is not None:
        parts.append("account")
    if rule.customer_group is not None:
        parts.append("customer_group")
    if not parts and place is not None and place.party is not None:
        parts.append(place.party)
    elif not parts and rule.channel is not None:
        parts.append("channel")
    parts += [name for name in ("ship_to", "item", "variant", "item_group", "brand") if getattr(rule, name) is not None]
    return "+".join(parts) if parts else "all"


def _order(
    rule: Rule, ready: Ready, place: ListPlace | None, access: int, own_currency: bool, circle: Circle
) -> dict[str, object]:
    """What the static names of a rank stand for, each so that the smaller comes first."""
    start = rule.valid_from
    return {
        "access": access,
        "list": 0 if place is None else 2 if place.list.code == BASE_LIST else 1,
        "sequence": place.sequence if place is not None else 0,
        "priority": -rule.priority,
        "filled_keys": -ready.filled,
        "nearest": _distance(rule, circle),
        "own_currency": not own_currency,
        "start": NO_START if start is None else (EPOCH - start) // MICROSECOND,
        "code": rule.code,
    }


def _distance(rule: Rule, circle: Circle) -> int:
    """How far up its trees a rule's account and item group stand: 0 is the nearest."""
    distance = 0
    for letter, code in (("A", rule.account), ("T", rule.item_group)):
        if code is not None and code in circle.values.get(letter, ()):
            distance += circle.values[letter].index(code)
    return distance


def arranged_manual(step: StepCandidates, rules: Iterable[Rule], circle: Circle) -> StepCandidates:
    """A step with the rules that a person set for one line, before all others."""
    manual = [
        Candidate(rule, Ready(rule), -1, -1, (), None, None, currency, currency == circle.currency, None, True)
        for rule in rules
        if rule.step == step.plan.name
        for currency in (circle.currency if rule.action == "percent" else currency_of(rule, circle),)
    ]
    return StepCandidates(step.plan, (*manual, *step.live), step.dead, step.timed) if manual else step

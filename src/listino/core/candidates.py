"""Which rules can matter to one customer and one item, step by step, sorted by what never moves.

What depends on the quantity, the unit or the moment stays open; so this is kept for a pair and asked
again and again. What can never apply here is kept apart with its reason, for the explanation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from listino.core.facts import PriceList, Rate
from listino.core.money import ZERO
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import BASE_LIST, Rule
from listino.core.scheme import BASE, Plan, StepPlan
from listino.core.windows import Window, crossed

# The reason why a rule does not apply, and what its sentence needs.
Reason = tuple[str, object]
# A rank as values of which the smaller comes first.
Rank = tuple[Any, ...]


@dataclass(slots=True)
class Candidate:
    """One rule that can apply, as it stands towards this customer, item, channel and currency.

    Shapes:  windows: when it, its group and its list hold, disjoint; moving: the part of its rank
             that waits for the question, empty where it has no rival; always: nothing about it
             depends on time or the order; free: it applies to whatever is asked.
    """

    rule: Rule
    ready: Ready
    group: int
    access: int
    moving: Rank
    windows: tuple[Window, ...]
    currency: str
    own_currency: bool
    list: PriceList | None
    always: bool
    free: bool


@dataclass(slots=True)
class StepCandidates:
    """A step of the plan with the rules that can apply in it, best first, and those that cannot.

    Shapes:  sole: the one candidate there is, where it applies to whatever is asked; lead: the first
             of several where it does and none is its equal, so that no other can win while nobody
             asks why not. Both with their value, and empty elsewhere.
    """

    plan: StepPlan
    live: tuple[Candidate, ...]
    dead: tuple[tuple[Rule, Reason], ...]
    timed: bool
    sole: tuple[tuple[Candidate, Decimal], ...] = ()
    lead: tuple[tuple[Candidate, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """To whom a price list in a customer's chain is assigned, where in the order, and when.

    Shapes:  party: the scope field of the assignment, None for everyone; distance: how far up the
             accounts it stands, 0 nearest.
    """

    party: str | None
    sequence: int
    windows: tuple[Window, ...]
    distance: int = 0


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A price list in a customer's chain, with the times for which each grant is the one that counts."""

    list: PriceList
    grants: tuple[Grant, ...]


@dataclass(slots=True)
class Circle:
    """All that holds for one question's customer and item, in codes: whom and what a rule may name.

    Shapes:  values: per scope letter the codes that hold, nearest first; windows: when a group holds
             (a code without entry: always); chain: the price lists in reach by code; heights: how far
             above the item a group stands (a code without entry: directly).
    """

    values: dict[str, tuple[str, ...]]
    windows: dict[str, tuple[Window, ...]]
    chain: dict[str, ListPlace]
    channel: str | None
    country: str | None
    currency: str
    base_currency: str
    rates: Mapping[tuple[str, str], tuple[Rate, ...]] = field(default_factory=dict)
    heights: Mapping[str, int] = field(default_factory=dict)


def arranged(plan: Plan, rules: Iterable[Ready], circle: Circle) -> tuple[StepCandidates, ...]:
    """The rules found for a question, by step of the plan, each step sorted by its rank."""
    by_step: dict[str, list[Ready]] = {}
    defaults = plan.default_steps
    for ready in rules:
        rule = ready.rule
        name = rule.step or defaults.get((rule.action, rule.sign))
        if name in by_step:
            by_step[name].append(ready)
        elif name is not None:
            by_step[name] = [ready]
    return tuple(
        [
            _arranged_step(step, by_step[step.name], circle) if step.name in by_step else _empty(plan, step)
            for step in plan.steps
        ]
    )


def _empty(plan: Plan, step: StepPlan) -> StepCandidates:
    found: StepCandidates | None = plan.empty.get(step.name)
    if found is None:
        found = plan.empty[step.name] = StepCandidates(step, (), (), False)
    return found


def _arranged_step(step: StepPlan, rules: list[Ready], circle: Circle) -> StepCandidates:
    live: list[tuple[Candidate, Grant]] = []
    dead: list[tuple[Rule, Reason]] = []
    for ready in rules:
        currency = currency_of(ready.rule, circle)
        reason = _never(step, ready, currency, circle)
        if reason is None and not _placed(step, ready, currency, circle, live):
            reason = ("no_access", None)
        if reason is not None:
            dead.append((ready.rule, reason))
    candidates = _ranked(step, live, circle) if len(live) > 1 else tuple([candidate for candidate, _ in live])
    if len(dead) > 1:
        dead.sort(key=_code_of_dead)
    timed = bool([candidate for candidate in candidates if not candidate.always])
    return StepCandidates(step, candidates, tuple(dead), timed, *_foregone(step, candidates))


def _foregone(
    step: StepPlan, candidates: tuple[Candidate, ...]
) -> tuple[tuple[tuple[Candidate, Decimal], ...], tuple[tuple[Candidate, Decimal], ...]]:
    """The winner that is known before anything is asked: as the only one, as the first of several."""
    if not candidates or not candidates[0].free:
        return (), ()
    first = ((candidates[0], candidates[0].ready.value or ZERO),)
    if len(candidates) == 1:
        return first, first
    if step.pick in {"specific", "first"} and candidates[1].group != candidates[0].group:
        return (), first
    return (), ()


def _ranked(step: StepPlan, live: list[tuple[Candidate, Grant]], circle: Circle) -> tuple[Candidate, ...]:
    """Candidates by the part of their rank that never moves; those that are equal in it make a group."""
    ranked: list[tuple[Rank, str, int, Candidate]] = []
    for index, (candidate, grant) in enumerate(live):
        order = _order(candidate, grant, circle)
        candidate.moving = step.moving_of(order)
        ranked.append((step.static_of(order), candidate.rule.code, index, candidate))
    ranked.sort()
    group, last = 0, ranked[0][0]
    for rank, _, _, candidate in ranked:
        if rank != last:
            group, last = group + 1, rank
        candidate.group = group
    return tuple([candidate for _, _, _, candidate in ranked])


def _code_of_dead(dead: tuple[Rule, Reason]) -> str:
    return dead[0].code


def _never(step: StepPlan, ready: Ready, currency: str, circle: Circle) -> Reason | None:
    """Why a rule cannot apply to this pair at any quantity and moment, if so."""
    rule = ready.rule
    if ready.restricted:
        if rule.status != "active":
            return ("status", rule.status)
        if rule.channel is not None and rule.channel != circle.channel:
            return ("wrong_channel", rule.channel)
        if rule.country is not None and rule.country != circle.country:
            return ("wrong_country", rule.country)
    if rule.list is not None and rule.list not in circle.chain:
        return ("list_not_assigned", rule.list)
    if rule.action != step.kind and _kind_refuses(step, rule):
        return ("wrong_step", step.name)
    if currency == circle.currency:
        return None
    if not ready.in_money:
        return ("wrong_currency", currency) if rule.currency is not None else None
    if rule.formula is None:
        if step.currency_required:
            return ("wrong_currency", currency)
        if rule.action != "limit" and not rates_between(currency, circle.currency, circle):
            return ("no_rate", currency)
    return None


def _kind_refuses(step: StepPlan, rule: Rule) -> bool:
    if step.kind == "allowance" or step.kind == "charge":
        return rule.action not in ("percent", "amount") or rule.sign not in (None, step.kind)
    return True


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


def _placed(step: StepPlan, ready: Ready, currency: str, circle: Circle, live: list[tuple[Candidate, Grant]]) -> bool:
    """Put a rule among the candidates, once for each grant of its list; False when no access reaches it."""
    rule = ready.rule
    place = circle.chain[rule.list] if rule.list is not None else None
    own_currency = not ready.in_money or currency == circle.currency
    reached = False
    for grant in place.grants if place is not None else NOT_LISTED:
        access = step.access.get(_access_by(ready, grant))
        if access is None and grant.party == BASE:
            access = step.access.get(ready.access)  # A scheme need not say where the list `base` stands.
        if access is None:
            continue
        reached = True
        windows = ready.windows
        if grant.windows is not FOR_EVER:
            windows = crossed(windows, grant.windows)
        if rule.customer_group is not None and rule.customer_group in circle.windows:
            windows = crossed(windows, circle.windows[rule.customer_group])
        always = windows is FOR_EVER and not ready.filtered
        candidate = Candidate(
            rule, ready, 0, access, (), windows, currency, own_currency, place.list if place is not None else None,
            always, always and own_currency and rule.unit is None and rule.formula is None and not ready.tiers,
        )  # fmt: skip
        live.append((candidate, grant))
    return reached


# A rule outside every list, or in a list that is only a formula's source, holds for whom it names, always.
NOT_LISTED = (Grant(None, 0, FOR_EVER),)


def _access_by(ready: Ready, grant: Grant) -> str:
    """The access of a rule: the fields of its scope, its list's party standing in for its own."""
    if grant.party is None or ready.rest is None or (grant.party == BASE and ready.rule.channel is not None):
        return ready.access
    return f"{grant.party}+{ready.rest}" if ready.rest else grant.party


def _order(candidate: Candidate, grant: Grant, circle: Circle) -> tuple[Any, ...]:
    """What the names in STATIC_RANKS stand for, in that order, each so that the smaller comes first."""
    rule, ready = candidate.rule, candidate.ready
    return (
        candidate.access,
        0 if rule.list is None else 2 if rule.list == BASE_LIST else 1,
        grant.sequence,
        ready.priority,
        ready.filled,
        _distance(rule, circle) + grant.distance,
        not candidate.own_currency,
        ready.start,
        rule.code,
        None,
    )


def _distance(rule: Rule, circle: Circle) -> int:
    """How far up its trees a rule's account, item group or item stands: 0 is the nearest."""
    distance = 0
    if rule.account is not None:
        distance += circle.values["A"].index(rule.account)
    if rule.item_group is not None:
        distance += circle.heights.get(rule.item_group, 0)
    if rule.item is not None and rule.item != circle.values["I"][0]:
        distance += 1
    return distance

"""The candidates of a question by step of the plan: what can apply, put in order by what never moves."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from listino.core.candidates import (
    DIRECT,
    NARROWNESS,
    NOT_LISTED,
    Candidate,
    Circle,
    Grant,
    ListPlace,
    Rank,
    Reason,
    StepCandidates,
)
from listino.core.money import ZERO
from listino.core.ready import FOR_EVER, Ready, filled_keys
from listino.core.rules import BASE_LIST, Attributes, Rule
from listino.core.scheme import ACCESS, BASE, Plan, StepPlan
from listino.core.windows import crossed

# Why a price is none for a question although it prices the item: in a money that nothing converts.
OTHER_MONEY = frozenset(["wrong_currency", "no_rate"])
# A candidate with the grant of its list by which it is one; a rule's currency and its list's place.
Placed = tuple[Candidate, Grant]
Money = tuple[str, ListPlace | None]


def arranged(plan: Plan, rules: Iterable[Ready], circle: Circle) -> tuple[StepCandidates, ...]:
    """The rules found for a question, by step of the plan, each step sorted by its rank."""
    by_step: dict[str, list[Ready]] = {}
    defaults = plan.default_steps
    for ready in rules:
        named = ready.rule.step
        for name in (named,) if named is not None else defaults.get(ready.family, ()):
            if name in by_step:
                by_step[name].append(ready)
            else:
                by_step[name] = [ready]
    return _arranged_steps(plan, plan.steps, by_step, circle)


def _arranged_steps(
    plan: Plan, steps: tuple[StepPlan, ...], by_step: dict[str, list[Ready]], circle: Circle
) -> tuple[StepCandidates, ...]:
    empty = plan.empty
    return tuple(
        [
            _arranged_step(step, by_step[step.name], circle) if step.name in by_step
            else _arranged_choice(plan, step, by_step, circle) if step.chains
            else empty[step.name] if step.name in empty
            else _empty(plan, step)
            for step in steps
        ]
    )  # fmt: skip


def _arranged_choice(plan: Plan, step: StepPlan, by_step: dict[str, list[Ready]], circle: Circle) -> StepCandidates:
    """A choice: the candidates of each of its chains."""
    chains = tuple(_arranged_steps(plan, chain, by_step, circle) for chain in step.chains)
    timed = any(inner.timed for chain in chains for inner in chain)
    return StepCandidates(step, (), (), timed, chains=chains, acts=True)


def _empty(plan: Plan, step: StepPlan) -> StepCandidates:
    found = plan.empty[step.name] = StepCandidates(step, (), (), False, acts=step.kind == "rounding")
    return found


def _arranged_step(step: StepPlan, rules: list[Ready], circle: Circle) -> StepCandidates:
    live: list[Placed] = []
    dead: list[tuple[Rule, Reason]] = []
    kind, chain = step.kind, circle.chain
    for ready in rules:
        rule = ready.rule
        place = None if rule.list is None else chain.get(rule.list)
        currency = rule.currency or (place is not None and place.list.currency) or circle.base_currency
        reason = None
        if (
            ready.restricted or ready.by_more or ready.family != kind or currency != circle.currency
            or (place is None and rule.list is not None)
        ):  # fmt: skip
            reason = _never(step, ready, currency, circle)
        if reason is None:
            reached = _placed(step, ready, (currency, place), circle, live)
        else:
            reached = reason[0] not in OTHER_MONEY or _reached(step, ready, circle)
        if not reached:
            reason = ("no_access", None)
        if reason is not None:
            dead.append((rule, reason))
    rivals = len(live) > 1 or (live and step.kind == "basket")
    candidates = _ranked(step, live, circle) if rivals else tuple([candidate for candidate, _ in live])
    if len(dead) > 1:
        dead.sort(key=_code_of_dead)
    timed = bool([candidate for candidate in candidates if not candidate.always]) or bool(circle.moded and dead)
    sole, lead = _foregone(step, candidates) if candidates and candidates[0].free else ((), ())
    return StepCandidates(step, candidates, tuple(dead), timed, sole, lead, acts=kind != "basket")


def _foregone(
    step: StepPlan, candidates: tuple[Candidate, ...]
) -> tuple[tuple[tuple[Candidate, Decimal], ...], tuple[tuple[Candidate, Decimal], ...]]:
    """The winner that is known before anything is asked: as the only one, as the first of several.

    Shapes:  candidates: 1 or more, of which the first applies to whatever is asked.
    """
    first = ((candidates[0], candidates[0].ready.value or ZERO),)
    if len(candidates) == 1:
        return first, first
    if step.pick in {"specific", "first"} and not step.refuses_ties and candidates[1].group != candidates[0].group:
        return (), first
    return (), ()


def _ranked(step: StepPlan, live: list[Placed], circle: Circle) -> tuple[Candidate, ...]:
    """Candidates by the part of their rank that never moves; those that are equal in it make a group."""
    ranked: list[tuple[Rank, str, int, Candidate]] = []
    for index, (candidate, grant) in enumerate(live):
        order = _order(candidate, grant, circle)
        if step.counted:
            order += tuple(-filled_keys(candidate.rule, names) for names in step.counted)
        candidate.moving = step.moving_of(order)
        candidate.rank = step.static_of(order)
        ranked.append((candidate.rank, candidate.rule.code, index, candidate))
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
        if rule.attributes is not None and (wrong := unlike(rule.attributes, circle.attributes)) is not None:
            return ("wrong_attribute", wrong)
    if rule.list is not None and rule.list not in circle.chain:
        return ("list_not_assigned", rule.list)
    if rule.action != step.kind and _kind_refuses(step.kind, rule):
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


# Which actions a step of a kind carries out; an allowance or charge may also state the new price.
_CARRIED_OUT = {
    "price": frozenset(["price", "margin"]),
    "allowance": frozenset(["percent", "amount", "price"]),
    "charge": frozenset(["percent", "amount", "price", "indexed"]),
    "limit": frozenset(["limit"]),
    "basket": frozenset(["percent", "amount", "price", "indexed", "free_goods", "bundle"]),
}


def _kind_refuses(kind: str, rule: Rule) -> bool:
    if rule.action not in _CARRIED_OUT.get(kind, ()):
        return True
    per_order = rule.own_line is not None and rule.own_line.per == "order"
    if kind == "basket":
        return rule.own_line is not None and not per_order
    if rule.own_line is not None and (per_order or kind == "allowance"):
        return True
    return kind in ("allowance", "charge") and rule.sign not in (None, kind)


def unlike(wanted: Attributes, given: Mapping[str, tuple[str, ...]]) -> str | None:
    """The name of an attribute that has none of the values that are wanted, or None."""
    for name, values in wanted.items():
        held = given.get(name, ())
        if not (values in held if isinstance(values, str) else any(value in held for value in values)):
            return name
    return None


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


def _reached(step: StepPlan, ready: Ready, circle: Circle) -> bool:
    """Whether some access of a step reaches a rule by any grant of its list."""
    grants = NOT_LISTED if ready.rule.list is None else circle.chain[ready.rule.list].grants
    return any(_access_in(step, ready, grant) is not None for grant in grants)


# An access that a step does not name, where a list is asked by itself: behind all that it names.
_BEHIND = {access: len(ACCESS) + place for place, access in enumerate(ACCESS)}


def _placed(step: StepPlan, ready: Ready, of: Money, circle: Circle, live: list[Placed]) -> bool:
    """Put a rule, `of` a currency and a list, among the candidates for each grant; False where no access reaches it."""
    rule, (currency, place) = ready.rule, of
    own_currency = currency == circle.currency or not ready.in_money
    of_running = rule.action == "percent" and step.combine == "cascade" and (rule.basis or step.base) == "running"
    reached = False
    for grant in place.grants if place is not None else NOT_LISTED:
        access = _access_in(step, ready, grant)
        if access is None:
            continue
        reached = True
        windows, granted = ready.windows, grant.windows
        if circle.windows and rule.customer_group is not None and rule.customer_group in circle.windows:
            granted = crossed(granted, circle.windows[rule.customer_group])
        if granted is not FOR_EVER and rule.dated_by != "delivery":
            windows, granted = crossed(windows, granted), FOR_EVER
        always = (
            windows is FOR_EVER and granted is FOR_EVER and not ready.filtered
            and (not ready.groups or ready.groups.isdisjoint(circle.windows))
        )  # fmt: skip
        free = (
            always and own_currency and ready.usual and rule.formula is None and not ready.tiers
            and not (circle.moded and place is not None) and not (ready.by_effect and step.kind != "price")
        )  # fmt: skip
        candidate = Candidate(
            rule, ready, 0, access, (), windows, currency, own_currency, None if place is None else place.list,
            always, free, of_running, place is not None and grant.assigned, granted,
        )  # fmt: skip
        live.append((candidate, grant))
    return reached


def _access_in(step: StepPlan, ready: Ready, grant: Grant) -> int | None:
    """Where a rule stands among the accesses of a step, by one grant of its list; None where none reaches it."""
    if grant.party is None or ready.rest is None or (grant.party == BASE and ready.rule.channel is not None):
        access = step.access.get(ready.access)
    else:  # Its list's party stands in for its own.
        access = step.access.get(f"{grant.party}+{ready.rest}" if ready.rest else grant.party)
    if access is None and grant.party == BASE:
        access = step.access.get(ready.access)  # A scheme need not say where the list `base` stands.
    if access is None and ready.rule.list is not None and not grant.assigned:
        access = _BEHIND.get(ready.access)  # Nor where a list stands that is asked by itself.
    return access


def _order(candidate: Candidate, grant: Grant, circle: Circle) -> tuple[Any, ...]:
    """What the names in STATIC_RANKS stand for, in that order, each so that the smaller comes first.

    How near a rule is: how far up its trees its account, item group or item stands, 0 the nearest.
    """
    rule, ready = candidate.rule, candidate.ready
    distance = grant.distance
    if rule.account is not None:
        distance += circle.values["A"].index(rule.account)
    if rule.item_group is not None:
        distance += circle.heights.get(rule.item_group, 0)
    if rule.item is not None and rule.item != circle.values["I"][0]:
        distance += 1
    return (
        candidate.access,
        0 if rule.list is None else 2 if rule.list == BASE_LIST else 1,
        grant.sequence,
        ready.priority,
        ready.filled,
        distance,
        not candidate.own_currency,
        ready.start,
        rule.code,
        DIRECT if rule.list is None else (NARROWNESS[grant.party], grant.distance, grant.sequence),
        None,
    )

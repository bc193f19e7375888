"""Rules that stand in each other's way: found among those of one key, when one of them is saved.

Only rules on the same terms are compared: of all that a rule states, nothing may differ but what `OWN`
names. So whatever else a rule may come to state keeps two rules apart that differ in it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from listino.core.findings import Finding
from listino.core.keys import LETTER_OF
from listino.core.money import ZERO, plain
from listino.core.ready import Ready
from listino.core.rules import Rule, Scale
from listino.core.scheme import StepPlan

# From so many open rules under one key on it is said at each save; the book refuses more than 500.
CROWDED_RULES = 100
# Of one rule so many rivals are told: who has more of them knows by then.
RIVALS_TOLD_MAX = 5
# What two rules may differ in that compete with each other: their value, their time, and what is said of them.
OWN = frozenset(
    ["code", "step", "value", "per", "formula", "scale", "final", "priority", "valid_from", "valid_to", "zone",
     "status", "label", "reason", "show_as"]
)  # fmt: skip
_TERMS = attrgetter(*(field.name for field in fields(Rule) if field.name not in {*OWN, *LETTER_OF}))
_MEASURE = attrgetter(*(field.name for field in fields(Scale) if field.name != "tiers"))
_BY_LINE = _MEASURE(Scale(tiers=()))

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
# The steps in which a rule competes.
Competing = Callable[[Ready], Sequence[StepPlan]]


def terms_of(rule: Rule) -> tuple[Any, ...]:
    """All that two rules of one key must share to be for the same."""
    return (_TERMS(rule), _BY_LINE if rule.scale is None else _MEASURE(rule.scale))


def conflicts(rules: Sequence[Ready], saved: Collection[str], competing: Competing, now: datetime) -> Iterator[Finding]:
    """What is to be said of the saved ones among all open rules of one key.

    Shapes:  saved: the codes of those that are new or changed; competing: the steps of a rule in which
             one wins over others.
    """
    live = [ready for ready in rules if is_live(ready.rule, now)]
    ours = [index for index, ready in enumerate(live) if ready.rule.code in saved]
    if ours and len(live) >= CROWDED_RULES:
        yield _crowded(min(live[index].rule.code for index in ours), len(live))
    rivals = _Rivals(live) if len(live) > 1 else None
    for index in ours:
        one = live[index]
        yield from _own_tiers(one.rule)
        told = 0
        for place in rivals.of(index) if rivals is not None else ():
            if place < index and live[place].rule.code in saved:
                continue  # It was told there.
            others = competing(live[place])
            shared = [step for step in competing(one) if any(step is theirs for theirs in others)]
            for finding in _pair(one, live[place], shared):
                told += 1
                yield finding
            if told >= RIVALS_TOLD_MAX:
                break


class _Rivals:
    """Rules of one key by their terms and times, made ready to be compared all with all."""

    def __init__(self, rules: Sequence[Ready]) -> None:
        known: list[tuple[Any, ...]] = []
        self._terms: list[int] = []
        for ready in rules:
            terms = terms_of(ready.rule)
            if terms not in known:
                known.append(terms)
            self._terms.append(known.index(terms))
        self._times = [(ready.rule.valid_from or _FIRST, ready.rule.valid_to or _LAST) for ready in rules]

    def of(self, index: int) -> Iterator[int]:
        """The places of all other rules on the same terms that hold at some time at which this one does."""
        terms, (start, end) = self._terms[index], self._times[index]
        for place, (other_start, other_end) in enumerate(self._times):
            if start < other_end and other_start < end and self._terms[place] == terms and place != index:
                yield place


def is_live(rule: Rule, now: datetime) -> bool:
    """Whether a rule counts now or will one day."""
    return rule.status == "active" and (rule.valid_to is None or rule.valid_to > now)


def overlap(one: Rule, other: Rule) -> bool:
    """Whether there is a moment at which both rules hold."""
    starts = [rule.valid_from for rule in (one, other) if rule.valid_from is not None]
    ends = [rule.valid_to for rule in (one, other) if rule.valid_to is not None]
    return not starts or not ends or max(starts) < min(ends)


def _covers(one: Rule, other: Rule) -> bool:
    """Whether a rule holds whenever the other does."""
    starts_before = one.valid_from is None or (other.valid_from is not None and one.valid_from <= other.valid_from)
    ends_after = one.valid_to is None or (other.valid_to is not None and other.valid_to <= one.valid_to)
    return starts_before and ends_after


def _pair(one: Ready, other: Ready, steps: Sequence[StepPlan]) -> Iterator[Finding]:
    """What is to be said of two rules that compete on the same terms at some time."""
    met = [(step, _met(one, other, step)) for step in steps if step.pick != "all"]
    for step, places in met:
        tied = [quantity for quantity, first in places if first == 0]
        if tied:
            yield _tie(one.rule, other.rule, step, tied[0])
            return
    if not met:
        return
    for winner, loser, sign in ((one, other, -1), (other, one, 1)):
        if not _covers(winner.rule, loser.rule):
            continue
        hidden = [start for start in _starts(loser) if all(_is_hidden(start, loser, found, sign) for _, found in met)]
        if len(hidden) == len(_starts(loser)):
            yield _never(one.rule, winner.rule, loser.rule, met[0][0])
            return
        for start in hidden:
            yield _hidden_tier(one.rule, winner.rule, loser.rule, start)
    yield from _overlapping(one.rule, other.rule)


Places = list[tuple[Decimal, int | None]]


def _met(one: Ready, other: Ready, step: StepPlan) -> Places:
    """Which of two rules comes first from each of their breaks on: -1 the one, 1 the other, 0 neither, None unknown."""
    quantities = sorted({*_starts(one), *_starts(other)})
    rank = (*step.static_rank, *step.moving_rank)
    rank = ("value", *rank) if step.pick == "best" else rank
    return [(quantity, _first(one, other, rank, step.kind, quantity)) for quantity in quantities]


def _starts(ready: Ready) -> list[Decimal]:
    """From which quantities on a rule has a value of its own."""
    return [start for start, value in ready.tiers if value is not None] or [ZERO]


def _is_hidden(start: Decimal, loser: Ready, places: Places, sign: int) -> bool:
    """Whether another rule comes first in the whole tier that begins there."""
    ends = [end for end, _ in loser.tiers if end > start]
    within = [first for quantity, first in places if start <= quantity and (not ends or quantity < ends[0])]
    return all(first == sign for first in within)


def _first(one: Ready, other: Ready, rank: tuple[str, ...], kind: str, quantity: Decimal) -> int | None:
    """Which of two rules a rank puts first at a quantity; what it does not tell is the same for both."""
    tier, other_tier = _tier(one, quantity), _tier(other, quantity)
    if tier is None or other_tier is None:
        return None
    for name in rank:
        difference: Decimal | int | None = 0
        if name == "priority":
            difference = one.priority - other.priority
        elif name == "start":
            difference = one.start - other.start
        elif name == "tier":
            difference = other_tier[0] - tier[0]
        elif name == "value":
            difference = _dearer(one.rule, other.rule, (tier[1], other_tier[1]), kind)
        if difference is None:
            return None
        if difference:
            return -1 if difference < 0 else 1
    return 0


def _tier(ready: Ready, quantity: Decimal) -> tuple[Decimal, Decimal | None] | None:
    """The tier that is reached: where it begins, and its value (None for a formula)."""
    if not ready.tiers:
        return ZERO, ready.value
    reached = [tier for tier in ready.tiers if tier[0] <= quantity]
    return reached[-1] if reached and reached[-1][1] is not None else None


def _dearer(one: Rule, other: Rule, values: tuple[Decimal | None, Decimal | None], kind: str) -> Decimal | int | None:
    """Above 0 where the one leads to the higher price, 0 where both lead to the same, None where nobody can tell."""
    value, other_value = values
    if value is None or other_value is None:
        return 0 if one.formula == other.formula and value == other_value and one.per == other.per else None
    if one.scale is not None and one.scale.kind != "volume":
        return 0 if one.scale == other.scale else None
    difference = value * other.per - other_value * one.per
    if not difference or one.action in {"price", "limit"}:
        return difference
    if one.action in {"percent", "amount"}:
        return -difference if kind == "allowance" else difference
    return None


def _own_tiers(rule: Rule) -> Iterator[Finding]:
    for index, tier in enumerate(rule.scale.tiers if rule.scale is not None else ()):
        if tier.up_to == ZERO:
            text = f"No quantity reaches the tier of rule {rule.code!r} up to 0."
            yield Finding("tiers", _rule(rule), f"scale.tiers[{index}].up_to", text, "Take it out, or correct its end.")


def _overlapping(one: Rule, other: Rule) -> Iterator[Finding]:
    """Tiers that were stated with their end, and into which a tier of the other rule begins."""
    for told, begun in ((one, other), (other, one)):
        last = ZERO
        for tier in told.scale.tiers if told.scale is not None else ():
            if tier.up_to is None:
                break
            inside = [start for start in _stated_starts(begun) if last < start <= tier.up_to]
            if inside:
                text = (
                    f"The tier of rule {told.code!r} up to {plain(tier.up_to)} and the one of rule {begun.code!r} from "
                    f"{plain(inside[0])} on overlap."
                )
                remedy = "Let one end where the other begins, or put all tiers into one rule."
                yield Finding("tiers", _rule(one), "scale", text, remedy, _rule(other))
                return
            last = tier.up_to


def _stated_starts(rule: Rule) -> list[Decimal]:
    tiers = rule.scale.tiers if rule.scale is not None else ()
    ends = [tier.up_to for tier in tiers[:-1] if tier.up_to is not None]
    return [tier.from_ for tier in tiers if tier.from_ is not None] or ends


def _rule(rule: Rule) -> tuple[str, str]:
    return "rules", rule.code


def _tie(one: Rule, other: Rule, step: StepPlan, quantity: Decimal) -> Finding:
    where = f" from {plain(quantity)} on" if quantity else ""
    first = min(one.code, other.code)
    text = (
        f"Rules {one.code!r} and {other.code!r} are for the same at the same time{where}, and nothing puts one of them "
        f"first in step {step.name!r} but their codes: {first!r} counts."
    )
    remedy = "End one of them, or give it a priority or a time of its own."
    return Finding("tie", _rule(one), "code", text, remedy, _rule(other))


def _never(saved: Rule, winner: Rule, loser: Rule, step: StepPlan) -> Finding:
    other = loser if saved is winner else winner
    text = (
        f"Rule {loser.code!r} never counts: {winner.code!r} is for the same, holds whenever it does, and always comes "
        f"first in step {step.name!r}."
    )
    return Finding(
        "never_wins", _rule(saved), "code", text, f"End {loser.code!r}, or give it a priority.", _rule(other)
    )


def _hidden_tier(saved: Rule, winner: Rule, loser: Rule, start: Decimal) -> Finding:
    other = loser if saved is winner else winner
    text = f"The tier of rule {loser.code!r} from {plain(start)} on never counts: {winner.code!r} always comes first."
    return Finding("tiers", _rule(saved), "scale", text, "Put the tiers of both into one rule.", _rule(other))


def _crowded(code: str, count: int) -> Finding:
    text = f"{count} rules have exactly the scope of {code!r}; more than 500 are refused."
    return Finding("crowded_key", ("rules", code), "code", text, "Use scales, a group or an item set instead.")

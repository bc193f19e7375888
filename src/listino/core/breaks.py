"""At which quantities a price could change: where some rule in reach begins, ends or has another value."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from listino.core.candidates import Candidate, StepCandidates, every_candidate
from listino.core.money import EXACT, NINE_PLACES, ONE
from listino.core.question import AmountBreak, Facts, Question
from listino.core.rules import Requirement
from listino.core.usage import PERIOD, contract_subject, used

# A line meets at most this many breaks: those of all its rules together.
BREAKS_MAX = 1000
# Of so many breaks by amount the quantity is looked for.
AMOUNT_BREAKS_MAX = 100


def starts_of(
    steps: Iterable[StepCandidates], item_unit: str, factors: dict[str, Decimal], weight: Decimal | None = None
) -> tuple[Decimal, ...]:
    """Every quantity from which some rule in reach has another value, ascending, in the item's own unit.

    `weight` is what one of that unit weighs, for scales by weight.
    """
    starts: set[Decimal] = set()
    for candidate in every_candidate(steps):
        if candidate.ready.plain and not candidate.ready.tiers:
            continue
        for by, measure, bounds, unit in _measures_of(candidate):
            if measure != "amount" and not by.startswith(PERIOD):
                starts.update(_in_units(measure, bounds, factors.get(unit or item_unit), weight))
    return tuple(sorted(starts))[:BREAKS_MAX]


def period_starts(facts: Facts, question: Question) -> tuple[Decimal, ...]:
    """The same for what is measured under a contract: what it has used up already is passed."""
    starts: set[Decimal] = set()
    for candidate in every_candidate(facts.steps):
        for by, measure, bounds, unit in _measures_of(candidate):
            if measure != "amount" and by.startswith(PERIOD):
                before = used(question, contract_subject(by.removeprefix(PERIOD), measure))
                factor = facts.factors.get(unit or facts.item.unit)
                weight = facts.item.weight
                own = ONE if weight is None or measure == "quantity" else weight
                passed = EXACT.divide(before, own)
                starts.update(start - passed for start in _in_units(measure, bounds, factor, weight) if start > passed)
    return tuple(sorted(starts))[:BREAKS_MAX]


def _measures_of(candidate: Candidate) -> Iterator[tuple[str, str, list[Decimal], str | None]]:
    """What a rule's scale and requirements measure: over what, which measure, at which bounds, in which unit."""
    rule = candidate.rule
    if candidate.ready.tiers and rule.scale is not None:
        yield rule.scale.by, rule.scale.measure, [start for start, _ in candidate.ready.tiers], rule.unit
    for requirement in rule.requires:
        yield requirement.by, requirement.measure, _bounds(requirement), requirement.unit or rule.unit


def _bounds(requirement: Requirement) -> list[Decimal]:
    bounds = [requirement.from_] if requirement.from_ is not None else []
    return bounds + ([requirement.up_to + NINE_PLACES] if requirement.up_to is not None else [])


def _in_units(measure: str, starts: list[Decimal], factor: Decimal | None, weight: Decimal | None) -> list[Decimal]:
    if measure == "weight":
        return [EXACT.divide(start, weight) for start in starts] if weight else []
    return [EXACT.multiply(start, factor) for start in starts] if factor is not None else []


def amount_breaks(steps: Iterable[StepCandidates]) -> tuple[AmountBreak, ...]:
    """The amounts of a line at which some rule in reach begins, ends or has another value, each in its currency."""
    found: dict[AmountBreak, None] = {}
    for candidate in every_candidate(steps):
        scale = candidate.rule.scale
        amounts = [start for start, _ in candidate.ready.tiers] if scale and scale.measure == "amount" else []
        contract = _contract(scale.by) if scale else None
        found.update(dict.fromkeys((amount, candidate.currency, False, contract) for amount in amounts))
        for requirement in candidate.rule.requires:
            if requirement.measure == "amount":
                is_gross, contract = requirement.basis == "gross", _contract(requirement.by)
                bounds = _bounds(requirement)
                found.update(dict.fromkeys((bound, candidate.currency, is_gross, contract) for bound in bounds))
    return tuple(found)[:AMOUNT_BREAKS_MAX]


def _contract(by: str) -> str | None:
    return by.removeprefix(PERIOD) if by.startswith(PERIOD) else None

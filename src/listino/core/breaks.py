"""At which quantities a price could change: where some rule in reach begins, ends or has another value."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from listino.core.candidates import Candidate, StepCandidates
from listino.core.money import EXACT, NINE_PLACES
from listino.core.question import AmountBreak
from listino.core.rules import Requirement
from listino.core.usage import PERIOD

# A line meets at most this many breaks: those of all its rules together.
BREAKS_MAX = 1000
# Of so many breaks by amount the quantity is looked for.
AMOUNT_BREAKS_MAX = 100


def every_candidate(steps: Iterable[StepCandidates]) -> Iterator[Candidate]:
    """The candidates of all steps, those within a choice too."""
    for step in steps:
        yield from step.live
        for chain in step.chains:
            yield from every_candidate(chain)


def starts_of(
    steps: Iterable[StepCandidates], item_unit: str, factors: dict[str, Decimal], weight: Decimal | None = None
) -> tuple[Decimal, ...]:
    """Every quantity from which some rule in reach has another value, ascending, in the item's own unit.

    `weight` is what one of that unit weighs, for scales by weight.
    """
    starts: set[Decimal] = set()
    for candidate in every_candidate(steps):
        tiers, scale = candidate.ready.tiers, candidate.rule.scale
        if tiers and scale is not None and scale.measure != "amount":
            starts.update(
                _in_units(scale.measure, [start for start, _ in tiers], candidate, item_unit, factors, weight)
            )
        for requirement in candidate.rule.requires:
            if requirement.measure != "amount" and not requirement.by.startswith(PERIOD):
                bounds = _bounds(requirement)
                unit = requirement.unit or candidate.rule.unit or item_unit
                starts.update(_in_units(requirement.measure, bounds, candidate, unit, factors, weight))
    return tuple(sorted(starts))[:BREAKS_MAX]


def _bounds(requirement: Requirement) -> list[Decimal]:
    bounds = [requirement.from_] if requirement.from_ is not None else []
    return bounds + ([requirement.up_to + NINE_PLACES] if requirement.up_to is not None else [])


def _in_units(
    measure: str, starts: list[Decimal], candidate: Candidate, unit: str, factors: dict[str, Decimal],
    weight: Decimal | None,
) -> list[Decimal]:  # fmt: skip
    if measure == "weight":
        return [EXACT.divide(start, weight) for start in starts] if weight else []
    factor = factors.get(candidate.rule.unit or unit)
    return [EXACT.multiply(start, factor) for start in starts] if factor is not None else []


def amount_breaks(steps: Iterable[StepCandidates]) -> tuple[AmountBreak, ...]:
    """The amounts of a line at which some rule in reach begins, ends or has another value, each in its currency."""
    found: dict[AmountBreak, None] = {}
    for candidate in every_candidate(steps):
        scale = candidate.rule.scale
        amounts = [start for start, _ in candidate.ready.tiers] if scale and scale.measure == "amount" else []
        found.update(dict.fromkeys((amount, candidate.currency, False) for amount in amounts))
        for requirement in candidate.rule.requires:
            if requirement.measure == "amount" and not requirement.by.startswith(PERIOD):
                gross = requirement.basis == "gross"
                found.update(dict.fromkeys((bound, candidate.currency, gross) for bound in _bounds(requirement)))
    return tuple(found)[:AMOUNT_BREAKS_MAX]

"""Which price lists do not count beside others in a customer's chain, as their assignments say."""

from collections.abc import Iterator

from listino.core.candidates import NARROWNESS, Circle, StepCandidates
from listino.core.question import Facts, Question
from listino.core.windows import holds


def displaced_lists(question: Question, facts: Facts) -> frozenset[str]:
    """The lists that another one displaces at the question's moment.

    `replace` displaces all behind it; `only_if_empty` counts only where no list before it prices the
    item, and displaces all behind it then.
    """
    hidden: set[str] = set()
    priced = False
    alone = False
    for code, mode in _chain(question, facts.circle):
        if alone or (mode == "only_if_empty" and priced):
            hidden.add(code)
            continue
        prices = _prices(code, question, facts.steps)
        priced = priced or prices
        alone = mode == "replace" or (mode == "only_if_empty" and prices)
    return frozenset(hidden)


def _chain(question: Question, circle: Circle) -> list[tuple[str, str]]:
    """The lists that are assigned at the question's moment in their order, each with its mode."""
    placed = [
        ((NARROWNESS[grant.party], grant.distance, grant.sequence, code), grant.mode)
        for code, place in circle.chain.items()
        for grant in place.grants
        if grant.assigned and holds(grant.windows, question.at)
    ]
    return [(place[3], mode) for place, mode in sorted(placed)]


def _prices(code: str, question: Question, steps: tuple[StepCandidates, ...]) -> bool:
    """Whether a list has a price for the item at the question's moment, at whatever quantity, unit or currency."""
    return any(
        candidate.list is not None and candidate.list.code == code and holds(candidate.windows, question.at)
        for step in _price_steps(steps)
        for candidate in step.live
    )


def _price_steps(steps: tuple[StepCandidates, ...]) -> Iterator[StepCandidates]:
    for step in steps:
        if step.plan.kind == "price":
            yield step
        for chain in step.chains:
            yield from _price_steps(chain)

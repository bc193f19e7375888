"""When the answer to a basket could change by time alone: any line's change may be every line's."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from listino.core.basket_question import BasketLine
from listino.core.candidates import Candidate, StepCandidates
from listino.core.question import NoPrice, Price


def next_basket_change_at(
    lines: Iterable[tuple[BasketLine, Price | NoPrice]], further: Iterable[datetime | None]
) -> datetime | None:
    """The first instant after which lines that are measured together could come to something else.

    Shapes:  further: when goods that an offer adds could cost something else.
    """
    edges: list[datetime | None] = [*further]
    for line, price in lines:
        edges.append(price.next_change_at)
        if line.facts.timed:
            for candidate in _together(line):
                edges += _edges(candidate, line)
    return min([edge for edge in edges if edge is not None], default=None)


def _together(line: BasketLine) -> Iterator[Candidate]:
    """The rules by which a line depends on others: those of the basket, and those that measure more than a line."""
    for step in line.facts.steps:
        if step.timed or step.chains:
            for candidate in _in_step(step):
                if not candidate.always and (step.plan.kind == "basket" or not candidate.ready.plain):
                    yield candidate


def _in_step(step: StepCandidates) -> Iterator[Candidate]:
    yield from step.live
    for chain in step.chains:
        for inner in chain:
            yield from _in_step(inner)


def _edges(candidate: Candidate, line: BasketLine) -> Iterator[datetime]:
    at, windows = line.question.at, candidate.windows
    if candidate.rule.dated_by == "delivery" and line.question.delivery_at is not None:
        windows = ()
    if candidate.ready.exceptions:
        windows = (*windows, *(window for held in line.facts.circle.windows.values() for window in held))
    for window in windows:
        for edge in window:
            if edge is not None and edge > at:
                yield edge

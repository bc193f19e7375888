"""When the answer to a basket could change by time alone: any line's change may be every line's."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from listino.core.basket_question import BasketLine
from listino.core.candidates import Candidate, every_step
from listino.core.changes import edges_of, first_after
from listino.core.question import NoPrice, Price

Resolved = tuple[BasketLine, Price | NoPrice]


def next_basket_change_at(lines: Iterable[Resolved], further: Iterable[datetime | None]) -> datetime | None:
    """The first instant after which lines that are measured together could come to something else.

    Shapes:  further: when goods that an offer adds could cost something else.
    """
    edges: list[datetime | None] = [*further]
    for line, price in lines:
        edges.append(price.next_change_at)
        if line.facts.timed:
            every = (edge for candidate in _together(line) for edge in edges_of(candidate, line.question, line.facts))
            edges.append(first_after(line.question.at, every))
    return min([edge for edge in edges if edge is not None], default=None)


def _together(line: BasketLine) -> Iterator[Candidate]:
    """The rules by which a line depends on others: those of the basket, and those that measure more than a line."""
    for step in every_step((*line.facts.steps, *line.facts.lists.values())):
        if step.timed:
            for candidate in step.live:
                if step.plan.kind == "basket" or not candidate.ready.plain:
                    yield candidate

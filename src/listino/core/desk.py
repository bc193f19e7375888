"""What people and stores say of an order that was taken: steps of its life, and of which of its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.errors import Fault, Malformed, malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSaid:
    """A line of an order, by its place, the store's own id of it, or its item; and how much of it.

    Units:   quantity in the unit in which the line was ordered; without: all that is left.
    """

    line: int | None = None
    id: str | None = None
    item: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """A step in the life of an order, as a person says that it was taken.

    Shapes:  lines: of which lines goods were shipped, cancelled or returned; empty: of all; restock: into which
             warehouse goods that came back were put; without: they are not counted as stock again.
    """

    state: str
    text: str | None = None
    lines: tuple[LineSaid, ...] = ()
    at: datetime | None = None
    restock: str | None = None


@dataclass(frozen=True, slots=True)
class LineName:
    """By what a line of an order can be named."""

    id: str | None
    item: str


def named_lines(said: Sequence[LineSaid], lines: Sequence[LineName]) -> dict[int, Decimal | None]:
    """Which lines are meant, by place from 0 on, and how much of each.

    Errors:  Malformed for a line that is not there, is meant twice, or of which it is not clear which is meant.
    """
    named: dict[int, Decimal | None] = {}
    for index, one in enumerate(said):
        place = _place_of(one, lines, f"lines[{index}]")
        if place in named:
            raise malformed(f"lines[{index}]", "twice", f"Line {place + 1} is named twice.", "Name each line once.")
        if one.quantity is not None and one.quantity <= 0:
            text = f"The quantity of line {place + 1} must be above 0."
            raise malformed(f"lines[{index}].quantity", "not_positive", text, "Send how much of the line.")
        named[place] = one.quantity
    return named


def _place_of(said: LineSaid, lines: Sequence[LineName], field: str) -> int:
    if said.line is not None:
        places = [said.line - 1] if 1 <= said.line <= len(lines) else []
    elif said.id is not None:
        places = [place for place, line in enumerate(lines) if line.id == said.id]
    elif said.item is not None:
        places = [place for place, line in enumerate(lines) if line.item == said.item]
    else:
        raise malformed(field, "missing", "The line is not named.", "Send its line (1 is the first), id or item.")
    if len(places) == 1:
        return places[0]
    text = "There are several such lines." if places else "The order has no such line."
    raise Malformed("unknown_line", text, (Fault(field, "unknown_line", text, "Send the line's place, from 1 on."),))

"""The life of an order: which state may follow which, and what becomes of its lines on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from listino.core.errors import Conflict, Fault
from listino.core.money import EXACT, NINE_PLACES, ZERO, plain

RECEIVED, ON_HOLD, SHIPPED, CANCELLED, RETURNED, CLOSED = (
    "received",
    "on_hold",
    "shipped",
    "cancelled",
    "returned",
    "closed",
)
PARTLY_SHIPPED, PARTLY_RETURNED = "partly_shipped", "partly_returned"
# Which steps a person may take from a state; an order in a state without any is at its end.
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    "received": ("on_hold", "confirmed", "allocated", "picked", "shipped", "invoiced", "cancelled"),
    "on_hold": ("cancelled",),
    "confirmed": ("on_hold", "allocated", "picked", "shipped", "invoiced", "cancelled"),
    "allocated": ("on_hold", "picked", "shipped", "invoiced", "cancelled"),
    "picked": ("on_hold", "shipped", "invoiced", "cancelled"),
    "partly_shipped": ("shipped", "invoiced", "cancelled", "returned"),
    "shipped": ("invoiced", "closed", "returned"),
    "invoiced": ("shipped", "closed", "returned"),
    "partly_returned": ("shipped", "invoiced", "returned", "closed"),
    "closed": ("returned",),
    "returned": ("closed",),
    "cancelled": (),
}
STATES = tuple(FOLLOWING)
STEPS = tuple(dict.fromkeys(step for steps in FOLLOWING.values() for step in steps))
# Steps that move goods: of named lines, or of all that they can be said of.
MOVING = (SHIPPED, CANCELLED, RETURNED)
# In these none of an order's goods have left.
UNMOVED = ("received", "on_hold", "confirmed", "allocated", "picked")
# In these an order is not owed any more, whatever was paid.
SETTLED = (CANCELLED, RETURNED, CLOSED)
# In these its goods have left, or are not wanted any more.
GONE = (SHIPPED, "invoiced", *SETTLED)


@dataclass(frozen=True, slots=True)
class LineNow:
    """How far a line is: quantities in its own unit, as it was ordered."""

    quantity: Decimal
    shipped: Decimal = ZERO
    returned: Decimal = ZERO
    cancelled: Decimal = ZERO

    def left_for(self, step: str) -> Decimal:
        """How much of the line a step that moves goods can still be said of."""
        if step == RETURNED:
            return self.shipped - self.returned
        return self.quantity - self.cancelled - self.shipped

    def moved(self, step: str, quantity: Decimal) -> "LineNow":
        """The line after so much of it was shipped, cancelled or returned."""
        return replace(self, **{step: EXACT.add(getattr(self, step), quantity)})


@dataclass(frozen=True, slots=True)
class Stepped:
    """An order after a step: its state, its lines, and how much of each the step moved, by place from 0 on."""

    life: str
    lines: tuple[LineNow, ...]
    moved: Mapping[int, Decimal]


def stepped(life: str, lines: Sequence[LineNow], step: str, named: Mapping[int, Decimal | None]) -> Stepped:
    """An order after a step that a person, or its store, says was taken.

    Shapes:  named: by place how much of a line (None: all that is left) the step is said of; empty: all lines.
    Errors:  Conflict: illegal_step names what may follow; too_much names the line and what is left of it;
             nothing_left where there is nothing that the step could be said of.
    """
    if step not in FOLLOWING[life]:
        raise _illegal(life, step)
    if step not in MOVING:
        return Stepped(step, tuple(lines), {})
    wanted = named or dict.fromkeys(range(len(lines)))
    moved = {}
    for place, quantity in wanted.items():
        left = lines[place].left_for(step)
        if quantity is not None and quantity > left:
            raise _too_much(place, step, quantity, left)
        if left if quantity is None else quantity:
            moved[place] = left if quantity is None else quantity
    if not moved:
        text = f"Nothing is left of this order that could be {step}."
        raise Conflict("nothing_left", text, (Fault("state", "nothing_left", text, "Read the order: GET its id."),))
    after = tuple(line.moved(step, moved[place]) if place in moved else line for place, line in enumerate(lines))
    return Stepped(_life_of(life, after, step), after, moved)


def _life_of(life: str, lines: Sequence[LineNow], step: str) -> str:
    """The state that an order's lines come to after a step that moved some of them."""
    is_open = any(line.left_for(SHIPPED) for line in lines)
    is_shipped = any(line.shipped for line in lines)
    if step == RETURNED:
        is_out = is_open or any(line.left_for(RETURNED) for line in lines)
        return PARTLY_RETURNED if is_out else RETURNED
    if step == CANCELLED and (is_open or not is_shipped):
        return life if is_open else CANCELLED
    return PARTLY_SHIPPED if is_open else SHIPPED


def own_of(own: Decimal, line: LineNow, quantity: Decimal) -> Decimal:
    """So much of a line in its item's own unit, where all of it is `own`.

    Whatever parts a line is moved in, what they come to is the same: differences of these are taken.
    """
    return EXACT.divide(EXACT.multiply(own, quantity), line.quantity).quantize(NINE_PLACES, context=EXACT)


def _illegal(life: str, step: str) -> Conflict:
    steps = FOLLOWING[life]
    if life == ON_HOLD:
        remedy = "Release it (POST .../release), or cancel it."
    else:
        remedy = f"It may become: {', '.join(steps)}." if steps else "Nothing follows."
    text = f"An order that is {life} cannot become {step}."
    return Conflict("illegal_step", f"{text} {remedy}", (Fault("state", "illegal_step", text, remedy),))


def _too_much(place: int, step: str, quantity: Decimal, left: Decimal) -> Conflict:
    text = f"Of line {place + 1} only {plain(left)} can still be {step}, not {plain(quantity)}."
    return Conflict("too_much", text, (Fault(f"lines[{place}].quantity", "too_much", text, f"Send {plain(left)}."),))

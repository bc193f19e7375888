"""What a store tells of an order after it was placed, and in which order it is applied: the store's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.desk import LineSaid
from listino.core.errors import Malformed, malformed
from listino.core.orders import Order, Payment

CHANGED, CANCELLED, PAID, REFUNDED, RETURNED, NOTED = (
    "changed",
    "cancelled",
    "paid",
    "refunded",
    "returned",
    "noted",
)
KINDS = (CHANGED, CANCELLED, PAID, REFUNDED, RETURNED, NOTED)
# How an event fares: it waits for one before it; it is on its way to the management system that holds the order; it
# was applied; a person has to do what it says, or has.
WAITING, UNDER_WAY, APPLIED, BY_HAND, SETTLED = "waiting", "under_way", "applied", "by_hand", "settled"
SEQUENCE_MAX = 1 << 53
# So many events of one order may wait for one that is missing.
WAITING_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """What became of an order in its store.

    Shapes:  sequence: the store's number of this event among those of the order, from 1 on; after: the number of
             the one before it, where that is not one less (0: there is none); order: as it is now (changed); lines:
             what was cancelled or comes back (empty: all).
    """

    kind: str
    key: str | None = None
    sequence: int | None = None
    after: int | None = None
    at: datetime | None = None
    text: str | None = None
    order: Order | None = None
    payment: Payment | None = None
    amount: Decimal | None = None
    lines: tuple[LineSaid, ...] = ()

    @property
    def follows(self) -> int | None:
        """The number of the event before it; None where it has none of its own."""
        if self.sequence is None:
            return None
        return self.sequence - 1 if self.after is None else self.after

    @property
    def money(self) -> Decimal | None:
        """How much was paid or given back."""
        if self.amount is not None or self.payment is None:
            return self.amount
        return self.payment.captured if self.payment.captured is not None else self.payment.authorised


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A person has done what an event says, or found that nothing is to be done."""

    key: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands among those of its order."""

    sequence: int
    follows: int


def following(last: int, waiting: Sequence[Place]) -> list[Place]:
    """The events whose turn it is when those up to `last` were applied, in the store's sequence."""
    ready: list[Place] = []
    for place in sorted(waiting, key=lambda one: one.sequence):
        if place.follows > last:
            break
        ready.append(place)
        last = max(last, place.sequence)
    return ready


def checked(event: OrderEvent) -> OrderEvent:
    """An event that can be true.

    Errors:  Malformed, naming the field.
    """
    if event.kind not in KINDS:
        raise malformed(
            "kind", "not_a_choice", f"kind cannot be {event.kind!r}.", "Send one of: " + ", ".join(KINDS) + "."
        )
    if event.key is None:
        raise malformed("key", "missing", "An event needs a key.", "Send key, or an Idempotency-Key: one per event.")
    if event.sequence is not None and not 1 <= event.sequence <= SEQUENCE_MAX:
        raise malformed("sequence", "out_of_range", "sequence is 1 or more.", "Send the event's number in the store.")
    if event.after is not None and not (event.sequence is not None and 0 <= event.after < event.sequence):
        text = "after is the number of the event before, so below sequence; 0 for the first."
        raise malformed("after", "out_of_range", text, "Send it with a sequence above it, or leave it out.")
    return _checked_content(event)


def _checked_content(event: OrderEvent) -> OrderEvent:
    if event.kind == CHANGED and event.order is None:
        raise malformed("order", "missing", "A change says the order as it is now.", "Send order.")
    if event.order is not None and event.kind != CHANGED:
        raise _not_for("order", event.kind, CHANGED)
    if event.lines and event.kind not in {CANCELLED, RETURNED}:
        raise _not_for("lines", event.kind, f"{CANCELLED} or {RETURNED}")
    for index, line in enumerate(event.lines):
        if line.quantity is not None and line.quantity <= 0:
            text = "The quantity of a line must be above 0."
            raise malformed(f"lines[{index}].quantity", "not_positive", text, "Send how much of the line.")
    if event.kind in {PAID, REFUNDED}:
        money = event.money
        if money is None:
            raise malformed("amount", "missing", "How much is not said.", "Send amount, or a payment with captured.")
        if money < 0:
            raise malformed("amount", "negative", "amount cannot be below 0.", "Send kind refunded for money back.")
    elif event.amount is not None or event.payment is not None:
        raise _not_for("amount" if event.amount is not None else "payment", event.kind, f"{PAID} or {REFUNDED}")
    return event


def _not_for(field: str, kind: str, other: str) -> Malformed:
    return malformed(field, "not_for_kind", f"{field} says nothing of an event {kind}.", f"Send kind {other}.")

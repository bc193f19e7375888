"""Whether both sides hold the same orders: by key, by count, by amount."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from listino.core.orders import to_minor_unit


class Difference(Enum):
    """How what we hold of an order differs from what the ERP holds."""

    MISSING = "missing"  # Placed here, and not there.
    DOUBLE = "double"  # More than one document there under one key.
    DIFFERENT = "different"  # The same order with another amount.
    UNMARKED = "unmarked"  # There, and not yet marked as placed here.
    ENDED_HERE = "ended_here"  # Cancelled or dropped here, and alive there.
    UNKNOWN = "unknown"  # There under a key of ours, and no such order here.


REMEDIES = {
    Difference.MISSING: "Hand it over again: listino reconcile --repair.",
    Difference.DOUBLE: "Cancel in the ERP all but one of the documents.",
    Difference.DIFFERENT: "Compare the lines of both and correct the document in the ERP.",
    Difference.UNMARKED: "It is marked as placed with the ERP's number.",
    Difference.ENDED_HERE: "Cancel the document in the ERP.",
    Difference.UNKNOWN: "Have the store send the order again: it is found in the ERP and not placed twice.",
}
WAITING = frozenset(["accepted", "in_doubt", "parked"])
ENDED = frozenset(["cancelled", "dropped"])
# What has left the warehouse is not handed over again: where the ERP no longer lists it, it was put into an archive.
LEFT = frozenset(["partly_shipped", "shipped", "invoiced", "closed", "partly_returned", "returned", "cancelled"])


@dataclass(frozen=True, slots=True)
class Ours:
    """An order as it stands here; gross in its currency."""

    id: str
    handover: str
    gross: Decimal
    currency: str
    life: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """A document as it stands in the ERP; gross where the ERP tells it."""

    number: str
    gross: Decimal | None
    life: str | None


def alive(theirs: tuple[Theirs, ...]) -> tuple[Theirs, ...]:
    """The documents that are not cancelled; where all are, these."""
    return tuple(document for document in theirs if document.life != "cancelled") or theirs


def compared(ours: Ours | None, theirs: tuple[Theirs, ...]) -> Difference | None:
    """How an order differs on both sides, the gravest first; None where they agree.

    Documents that are cancelled in the ERP count only where there is no other.
    """
    living = tuple(document for document in theirs if document.life != "cancelled")
    if ours is None:
        return Difference.UNKNOWN if living else None
    if len(living) > 1:
        return Difference.DOUBLE
    if ours.handover in ENDED:
        return Difference.ENDED_HERE if living else None
    if ours.handover in WAITING:
        return Difference.UNMARKED if theirs else None
    if not theirs:
        return Difference.MISSING
    gross = alive(theirs)[0].gross
    if living and gross is not None and abs(gross - ours.gross) > to_minor_unit(ours.currency):
        return Difference.DIFFERENT
    return None

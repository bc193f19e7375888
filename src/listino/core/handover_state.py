"""The hand-over of an order in words: where it stands, what can happen, what became of that, what is to be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum

# A counted try is given to the ERP within this time or not at all: what comes later is not waited for.
START_WITHIN = timedelta(seconds=5)
# What the clocks of several machines may differ by.
CLOCKS_DIFFER_MAX = timedelta(seconds=5)
LEASE_MARGIN = timedelta(seconds=10)


class Duplicates(Enum):
    """What keeps an order from standing twice in an ERP: its class."""

    PREVENTED = "A"  # The ERP refuses a second document with our key: exactly once, always.
    CHECKED = "B"  # It can be searched by our key: exactly once if a call ends within deadline and settling time.
    BY_HAND = "C"  # It can only be written to: an order in doubt waits for a person.


class Handover(StrEnum):
    """Where an order stands on its way into the ERP. Every order that was taken stands in exactly one of these."""

    ACCEPTED = "accepted"  # Surely not there; to be sent, or held back.
    IN_DOUBT = "in_doubt"  # A try was counted and its outcome is not known: only looking is allowed.
    PLACED = "placed"
    PARKED = "parked"  # A person must act.
    DROPPED = "dropped"  # A person gave it up.
    CANCELLED = "cancelled"  # The store cancelled it before it was placed.


class Command(Enum):
    """What is to be done once the step is on disk."""

    COUNT = "count"  # Have the try counted: the event Counting.
    LOOK = "look"  # Ask the ERP for our key: Looked or LookFailed.
    SEND = "send"  # Place it, begun within START_WITHIN or never: Answered, SaidNo, NotDone or NoAnswer.
    CANCEL_THERE = "cancel_there"  # It was placed although the store had cancelled: the ERP is to be told.


class Outcome(Enum):
    """What an event has led to."""

    CLAIMED = "claimed"
    NOT_DUE = "not_due"
    STALE = "stale"  # From a worker that no longer holds it: nothing changes.
    OUT_OF_TURN = "out_of_turn"  # The event cannot follow here: nothing changes.
    COUNTED = "counted"
    PLACED = "placed"
    FOUND = "found"
    FOUND_SEVERAL = "found_several"
    NOT_THERE_YET = "not_there_yet"
    NOT_THERE = "not_there"
    LATER = "later"  # It did not go now; it is tried again.
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"  # The ERP said no.
    GIVEN_UP = "given_up"  # It failed too often while others went through.
    CANNOT_LOOK = "cannot_look"  # In doubt, and the ERP cannot be searched.
    RELEASED = "released"
    RETRIED = "retried"
    DROPPED = "dropped"
    MARKED_PLACED = "marked_placed"
    CANCELLED = "cancelled"
    CANCEL_NOTED = "cancel_noted"  # It may be there: it is cancelled when that is known.
    HELD = "held"
    LET_GO = "let_go"
    REOPENED = "reopened"  # It was thought to be placed and is not there.
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of the ERP: its class, how long a call may take, how long after it it may still commit."""

    duplicates: Duplicates
    deadline: timedelta
    settling: timedelta

    @property
    def doubt(self) -> timedelta:
        """For how long after a try was counted it may still take effect."""
        return START_WITHIN + self.deadline + self.settling + CLOCKS_DIFFER_MAX

    @property
    def lease(self) -> timedelta:
        """For how long a worker may keep an order to itself: it looks, sends, and writes down what came of it."""
        return 2 * self.deadline + START_WITHIN + LEASE_MARGIN


@dataclass(frozen=True, slots=True)
class Parked:
    """Why a person must act: a short stable reason, a text, and what the person can do."""

    reason: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An order on its way.

    Shapes:  due_at: when it is to be worked next (while it is leased: when the lease ends), None while it rests;
             fence: the number of the newest lease; tries: how often it was sent; failures: how often in a row it
             did not go; faults: how often while others went; sent_at: when its try was counted that is under way
             by who holds the lease; held, cancel_wanted: what was decided meanwhile.
    """

    handover: Handover = Handover.ACCEPTED
    due_at: datetime | None = None
    held: bool = False
    cancel_wanted: bool = False
    fence: int = 0
    lease_until: datetime | None = None
    tries: int = 0
    failures: int = 0
    faults: int = 0
    sent_at: datetime | None = None
    doubt_until: datetime | None = None
    parked: Parked | None = None
    erp_number: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What an event has made of an order."""

    state: State
    outcome: Outcome
    command: Command | None = None


# What happens. `fence` is the number of the lease that a worker holds; `jitter` a chance of 0 to 999.


@dataclass(frozen=True, slots=True)
class Claimed:
    """A worker asks for it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Counting:
    """The worker is about to send it for the first time."""

    fence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The ERP said that it is placed, under this number."""

    fence: int
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class SaidNo:
    """The ERP understood and refused; or it cannot even be sent as it is."""

    fence: int
    at: datetime
    why: Parked


@dataclass(frozen=True, slots=True)
class NotDone:
    """It was surely not placed now. `alone`: the ERP answers otherwise, so that the order itself is the reason."""

    fence: int
    at: datetime
    jitter: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It went out and no clear answer came."""

    fence: int
    at: datetime
    jitter: int


@dataclass(frozen=True, slots=True)
class Looked:
    """These numbers stood in the ERP under our key.

    Units:   began_at: when the look began; steady_since: since when this worker's clock is known to run evenly.
    """

    fence: int
    at: datetime
    jitter: int
    began_at: datetime
    steady_since: datetime
    numbers: tuple[str, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The ERP could not be asked. `alone`: it answers otherwise, so that the order itself is the reason."""

    fence: int
    at: datetime
    jitter: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """A worker that stops gives it back."""

    fence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Retried:
    """A person wants it tried again, or now."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """A person gives it up."""

    at: datetime


@dataclass(frozen=True, slots=True)
class MarkedPlaced:
    """A person, or a comparison of both sides, says that it is there."""

    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The store cancels it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class HeldBack:
    """It is not to go before somebody has looked at it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LetGo:
    """What held it is settled."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """A comparison of both sides did not find it in the ERP."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """The database was restored: what it does not know of may have been sent."""

    at: datetime


ByHolder = Counting | Answered | SaidNo | NotDone | NoAnswer | Looked | LookFailed | Released
ByOthers = Claimed | Retried | Dropped | MarkedPlaced | Cancelled | HeldBack | LetGo | Missing | Restored
Event = ByHolder | ByOthers

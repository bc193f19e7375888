"""What may befall a call to a fake ERP, and how often."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from random import Random

from listino.ports import Traits

NO_TIME = timedelta(0)
# By so much more than the deadline does a late call take, so that nobody is told.
A_MOMENT = timedelta(milliseconds=1)
SLOW_SHARE = 0.9


class Trouble(Enum):
    """What may befall a call."""

    NO_CONNECTION = "no_connection"  # Nothing went out.
    REQUEST_LOST = "request_lost"  # It went out and never arrived; no answer by the deadline.
    ANSWER_LOST = "answer_lost"  # It was carried out; no answer by the deadline.
    LATE = "late"  # No answer by the deadline; it is carried out after that.
    NONSENSE = "nonsense"  # It was carried out, or not, and the answer says neither.
    SLOW = "slow"  # It is carried out, and answered just before the deadline.


@dataclass(slots=True)
class Weather:
    """How an ERP fares: shares of calls (0 to 1) that each trouble befalls, and when it is down.

    Units:   takes: how long a call takes; late: how long after it was sent a late order is carried out (from, to).
    """

    troubles: dict[Trouble, float] = field(default_factory=dict)
    down_until: datetime | None = None
    takes: timedelta = NO_TIME
    late: tuple[timedelta, timedelta] | None = None

    def drawn(self, chance: Random) -> Trouble | None:
        """What befalls the next call."""
        left = chance.random() if self.troubles else 1.0
        for trouble, share in self.troubles.items():
            left -= share
            if left < 0:
                return trouble
        return None

    def duration(self, trouble: Trouble | None, traits: Traits, chance: Random) -> timedelta:
        """How long a call takes until it is carried out."""
        if trouble is Trouble.LATE:
            first, last = self.late or (traits.deadline, traits.deadline + traits.settling)
            return max(first + (last - first) * chance.random(), traits.deadline + A_MOMENT)
        return traits.deadline * SLOW_SHARE if trouble is Trouble.SLOW else self.takes

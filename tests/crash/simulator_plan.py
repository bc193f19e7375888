"""What a run of the simulator will meet, drawn from its seed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from listino.ports import Duplicates, Traits
from listino.testing.fake_troubles import Trouble

MINUTE = timedelta(minutes=1)
ORDERS_MAX = 8
PROCESSES_MAX = 3
UNKNOWN_ITEM = "saw"
WORKERS_MAX = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """The company of one run, and its faults.

    Units:   storm: for how long faults happen; kills, stalls: chances at each effect.
    Shapes:  outages: (begins, lasts); jumps: when the machine's clock is set, by how much; restore: when a copy is
             taken, and when it is put back.
    """

    traits: Traits
    orders: int
    processes: int
    workers: int
    storm: timedelta
    kills: float
    stalls: float
    troubles: dict[Trouble, float]
    late: tuple[timedelta, timedelta]
    outages: tuple[tuple[timedelta, timedelta], ...]
    jumps: tuple[tuple[timedelta, timedelta], ...]
    restore: tuple[timedelta, timedelta] | None
    cancels: float
    payments: float
    repeats: float
    unknown_items: float


def drawn(chance: Random) -> Plan:
    """A plan; every fault is left out of some runs, so that it does not hide another."""
    duplicates = chance.choice([Duplicates.PREVENTED, Duplicates.CHECKED, Duplicates.CHECKED, Duplicates.BY_HAND])
    deadline, settling = timedelta(seconds=chance.choice([5, 30])), timedelta(seconds=chance.choice([0, 20, 60]))
    storm = MINUTE * chance.choice([3, 10, 30])
    # What comes later than its ERP declared, only an ERP that prevents duplicates can stand.
    latest = deadline + settling + (timedelta(hours=1) if duplicates is Duplicates.PREVENTED else timedelta(0))
    return Plan(
        traits=Traits(name="fake", duplicates=duplicates, deadline=deadline, settling=settling),
        orders=chance.randint(2, ORDERS_MAX),
        processes=chance.randint(1, PROCESSES_MAX),
        workers=chance.randint(1, WORKERS_MAX),
        storm=storm,
        kills=chance.choice([0, 0.01, 0.05]),
        stalls=chance.choice([0, 0.02]),
        troubles={trouble: chance.choice([0, 0.05, 0.2]) for trouble in Trouble},
        late=(deadline, latest),
        outages=_when(chance, storm, lambda: MINUTE * chance.choice([1, 5, 20, 20, 300])),
        jumps=_when(chance, storm, lambda: MINUTE * chance.choice([-60, -3, 3, 60])),
        restore=_restore(chance, storm),
        cancels=chance.choice([0, 0.1]),
        payments=chance.choice([0, 0.5]),
        repeats=chance.choice([0, 0.3]),
        unknown_items=chance.choice([0, 0.1]),
    )


def _when(chance: Random, storm: timedelta, drawn: Callable[[], timedelta]) -> tuple[tuple[timedelta, timedelta], ...]:
    return tuple((storm * chance.random(), drawn()) for _ in range(chance.choice([0, 0, 0, 1, 2])))


def _restore(chance: Random, storm: timedelta) -> tuple[timedelta, timedelta] | None:
    if chance.random() < 0.7:
        return None
    first, second = sorted((storm * chance.random(), storm * chance.random()))
    return first, second

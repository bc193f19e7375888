"""A worker of the tests' own: it carries out what is due at the house's clock, one task after the other."""

from datetime import timedelta

from listino.flows.outside import Outside
from listino.flows.work import Work, begun, carried_out, claimed
from tests.shop import House

ROUNDS_MAX = 500


def work_of(house: House, outside: Outside, jitter: int = 0) -> Work:
    """What a worker of this house works with; what nobody expected is raised."""

    def report(what: str, error: Exception) -> None:
        raise AssertionError(what) from error

    return Work(
        database=house.database,
        outside=outside,
        clock=house.clock,
        seconds=lambda: 0.0,
        steady_since=lambda: house.clock.at,
        jitter=lambda: jitter,
        holder="test",
        report=report,
    )


def carry_out_all(work: Work) -> int:
    """Carry out what is due now, and what becomes due by it at once; how many tasks."""
    begun(work)
    count = 0
    for _ in range(ROUNDS_MAX):
        claims = claimed(work, lambda _: 8)
        if not claims:
            return count
        for claim in claims:
            carried_out(work, claim)
        count += len(claims)
    raise AssertionError("There is no end to what is due.")


def pass_time(house: House, **of: float) -> None:
    """Let time pass at the house."""
    house.clock.at += timedelta(**of)

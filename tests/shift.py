"""A worker that works by hand: each task is claimed and carried out when the test says so, by the test's clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from listino.flows.mirror_plan import Plan
from listino.flows.outside import Outside, Work
from listino.flows.work import begun, carried_out, claimed
from listino.ports import Duplicates, Traits
from listino.testing.fake_erp import AbleFakeErp, FakeErp
from tests.shop import NOW, House, opened

LONG_AGO = NOW - timedelta(days=1)
TURNS_MAX = 10_000
# Its facts are stated by the tests themselves.
UNFOLLOWED = Plan(every=timedelta(0))


class Shift:
    """A house with a management system, and a worker between them."""

    def __init__(self, house: House, erp: FakeErp, jitter: int = 999) -> None:
        self.house = house
        self.erp = erp
        self.reported: list[str] = []
        self.steady_since = LONG_AGO
        self.work = Work(
            database=house.database, outside=Outside(erp, mirror=UNFOLLOWED), clock=house.clock, seconds=self._seconds,
            steady_since=lambda: self.steady_since, jitter=lambda: jitter, holder="test", report=self._report,
        )  # fmt: skip
        begun(self.work)
        self.turn()

    def turn(self, at_once: int = 4) -> int:
        """Carry out what may be carried out now; how many tasks that were."""
        claims = claimed(self.work, lambda _: at_once)
        for claim in claims:
            carried_out(self.work, claim)
        return len(claims)

    def until_idle(self) -> None:
        """Work until nothing may be carried out at this moment."""
        for _ in range(TURNS_MAX):
            if not self.turn():
                return
        raise AssertionError("It never ends.")

    def for_a_while(self, seconds: float, every: float = 1.0) -> None:
        """Let time pass, working every so often."""
        end = self.house.clock.at + timedelta(seconds=seconds)
        while self.house.clock.at < end:
            self.until_idle()
            self.house.clock.at += timedelta(seconds=every)
        self.until_idle()

    def placed(self, **said: Any) -> str:
        """Hand an order in, which must be taken; its id."""
        answer = self.house.order(**said)
        assert answer.status == 201, answer.body
        order_id: str = answer.json()["id"]
        return order_id

    def order(self, order_id: str) -> Any:
        """An order as it stands now."""
        return self.house.get(f"/v1/orders/{order_id}").json()

    def decide(self, order_id: str, what: str, **said: Any) -> Any:
        """Decide about an order as a person."""
        return self.house.client.request("POST", f"/v1/orders/{order_id}/{what}", json=said)

    def held(self, key: str) -> list[Any]:
        """What the management system holds under a key."""
        return self.erp.held(key)

    def _seconds(self) -> float:
        return (self.house.clock.at - NOW).total_seconds()

    def _report(self, what: str, error: Exception) -> None:
        self.reported.append(f"{what}: {error}")


@contextmanager
def on_shift(folder: Path, duplicates: Duplicates = Duplicates.CHECKED, *, able: bool = False) -> Iterator[Shift]:
    """A house that hands its orders over to a fake management system."""
    with opened(folder, hands_over=True) as house:

        def wait(duration: timedelta) -> None:
            house.clock.at += duration

        kind = AbleFakeErp if able else FakeErp
        traits = Traits(name="fake", duplicates=duplicates, calls_per_minute=600)
        yield Shift(house, kind(duplicates, clock=house.clock, wait=wait, chance=Random(7), traits=traits))

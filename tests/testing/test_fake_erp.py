"""The fake ERP: it keeps the contract of every connector in each class, and makes each trouble as it is named."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import msgspec
import pytest

from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.ports import Duplicates, Record
from listino.testing.erp_contract import ErpContract, Rig, raised
from listino.testing.fake_erp import FakeErp, Trouble
from listino.testing.sample_order import sample_order
from tests.shop import NOW, SetClock

ORDER = sample_order("1", "acme", ("bolt", "nut"))


class FakeRig:
    """A fake with two items and a customer."""

    items = ("bolt", "nut")
    customer = "acme"
    prefix = ""

    def __init__(self, erp: FakeErp) -> None:
        self.erp = erp
        erp.items, erp.customers = set(self.items), {self.customer}
        erp.say(*(Record("items", item, {"name": item}) for item in self.items))

    def dead(self) -> FakeErp:
        erp = FakeErp(self.erp.traits.duplicates, clock=SetClock())
        erp.weather.down_until = NOW + timedelta(days=1)
        return erp

    def documents(self, key: str) -> Sequence[str]:
        return [msgspec.json.encode(one.order).decode().replace('\\"', '"') for one in self.erp.held(key)]

    def change_item(self) -> str:
        self.erp.say(Record("items", "nut", {"name": "Nut M8"}))
        return "nut"


@pytest.mark.parametrize("duplicates", Duplicates, ids=lambda duplicates: duplicates.value, scope="class")
class TestFakeErp(ErpContract):
    @pytest.fixture
    def rig(self, duplicates: Duplicates, tmp_path: Path) -> Rig:
        return FakeRig(FakeErp(duplicates, path=tmp_path / "erp.db"))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def erp(clock: SetClock) -> FakeErp:
    def wait(duration: timedelta) -> None:
        clock.at += duration

    return FakeErp(clock=clock, wait=wait, chance=Random(1))


@pytest.mark.parametrize(
    ("trouble", "error", "documents"),
    [
        (Trouble.NO_CONNECTION, Unavailable, 0),
        (Trouble.REQUEST_LOST, OutcomeUnknown, 0),
        (Trouble.ANSWER_LOST, OutcomeUnknown, 1),
        (Trouble.LATE, OutcomeUnknown, 0),
    ],
)
def test_each_trouble_of_a_place_is_told_and_leaves_what_it_says(
    erp: FakeErp, trouble: Trouble, error: type[Exception], documents: int
) -> None:
    erp.planned.append(trouble)
    raised(error, lambda: erp.place_order(ORDER))
    assert len(erp.held(ORDER.key)) == documents
    assert erp.place_order(ORDER).key == ORDER.key
    assert erp.calls["place_order"] == 2


def test_a_late_order_is_there_when_deadline_and_settling_are_over(erp: FakeErp, clock: SetClock) -> None:
    erp.planned.append(Trouble.LATE)
    raised(OutcomeUnknown, lambda: erp.place_order(ORDER))
    clock.at = NOW + erp.traits.deadline + erp.traits.settling + timedelta(seconds=1)
    assert [one.key for one in erp.find_order(ORDER.key)] == [ORDER.key]


def test_a_late_order_of_class_a_does_not_stand_beside_the_one_that_came_first(clock: SetClock) -> None:
    erp = FakeErp(Duplicates.PREVENTED, clock=clock)
    erp.planned.append(Trouble.LATE)
    erp.weather.late = (timedelta(hours=1), timedelta(hours=2))
    raised(OutcomeUnknown, lambda: erp.place_order(ORDER))
    erp.place_order(ORDER)
    clock.at += timedelta(hours=3)
    assert len(erp.held(ORDER.key)) == 1


def test_a_late_order_of_class_b_doubles_what_was_sent_again_too_early(clock: SetClock) -> None:
    erp = FakeErp(Duplicates.CHECKED, clock=clock)
    erp.planned.append(Trouble.LATE)
    raised(OutcomeUnknown, lambda: erp.place_order(ORDER))
    erp.place_order(ORDER)
    clock.at += timedelta(hours=3)
    assert [one.number for one in erp.find_order(ORDER.key)] == ["F1", "F2"]


def test_nonsense_is_an_unknown_outcome_and_the_order_stands_there_or_not(clock: SetClock) -> None:
    erp = FakeErp(clock=clock, chance=Random(7))
    for number in range(40):
        erp.planned.append(Trouble.NONSENSE)
        raised(OutcomeUnknown, partial(erp.place_order, sample_order(f"n{number}", "acme", ("bolt",))))
    assert 5 < len(erp.held()) < 35


def test_a_slow_call_is_answered_before_the_deadline(erp: FakeErp, clock: SetClock) -> None:
    erp.planned.append(Trouble.SLOW)
    erp.place_order(ORDER)
    assert timedelta(seconds=26) < clock.at - NOW < erp.traits.deadline


def test_an_erp_that_is_down_does_nothing_until_its_time_is_over(erp: FakeErp, clock: SetClock) -> None:
    erp.weather.down_until = NOW + timedelta(hours=8)
    for call in (lambda: erp.place_order(ORDER), lambda: erp.find_order(ORDER.key)):
        raised(Unavailable, call)
    assert erp.held() == []
    clock.at = NOW + timedelta(hours=8)
    assert erp.place_order(ORDER).number == "F1"


def test_class_c_cannot_be_searched_and_says_so() -> None:
    assert raised(ErpSaidNo, lambda: FakeErp(Duplicates.BY_HAND).find_order("x/1")).code == "cannot_search"


def test_the_same_seed_draws_the_same_troubles(clock: SetClock) -> None:
    def fared(seed: int) -> list[str]:
        erp = FakeErp(clock=clock, chance=Random(seed))
        erp.weather.troubles = dict.fromkeys(Trouble, 0.15)
        told: list[str] = []
        for number in range(60):
            try:
                told.append(erp.place_order(sample_order(str(number), "acme", ("bolt",))).number)
            except (Unavailable, OutcomeUnknown) as error:
                told.append(f"{type(error).__name__} {error}")
        return told

    assert fared(1) == fared(1) != fared(2)


def test_its_documents_survive_in_their_file(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "erp.db"
    FakeErp(clock=clock, path=path).place_order(ORDER)
    assert [one.order for one in FakeErp(clock=clock, path=path).held(ORDER.key)] == [ORDER]

"""After a restore nothing is sent before it is known what the management system has."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from listino.db.engine import Database
from listino.flows.access import created
from listino.flows.copies import backed_up, begun_anew, restored
from listino.ports import Duplicates, Traits
from listino.testing.fake_documents import Documents
from listino.testing.fake_erp import FakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.shift import Shift, on_shift
from tests.shop import CountedChance, House, SetClock


@contextmanager
def reopened(folder: Path, at: datetime, documents: Documents) -> Iterator[Shift]:
    """The house on the database that is there now, with the management system as it was left."""
    path, clock = folder / "listino.db", SetClock(at)
    chance = CountedChance(1000)
    with closing(Database(f"sqlite:///{path}")) as database:
        _, secret = created(database, "shop", ["all"], channel=None, test=False, now=at, chance=chance)
        settings = WebSettings(metrics_folder=str(folder / "metrics-2"), hands_over=True)
        with closing(Client(App(database, settings, clock, chance), {"Authorization": f"Bearer {secret}"})) as client:
            traits = Traits(name="fake", duplicates=Duplicates.CHECKED, calls_per_minute=600)
            erp = FakeErp(Duplicates.CHECKED, clock=clock, chance=Random(7), traits=traits)
            erp.documents = documents
            erp.weather.down_until = at + timedelta(hours=1)
            yield Shift(House(path, database, client, clock, secret), erp)


def conserved(shift: Shift) -> Any:
    counts = shift.house.get("/v1/conservation").json()
    assert counts["taken"] == sum(counts.values()) - counts["taken"]
    return counts


def test_after_a_restore_nothing_goes_before_it_is_known_what_is_there(tmp_path: Path) -> None:
    """Orders of the backup that the ERP has are marked, those it has not are sent once, lost ones are not doubled."""
    (tmp_path / "shop").mkdir()
    with on_shift(tmp_path / "shop") as shift:
        house, url = shift.house, f"sqlite:///{tmp_path / 'shop' / 'listino.db'}"
        kept = [shift.placed(number=str(number)) for number in range(4)]
        backed_up(url, tmp_path / "backup.db")
        shift.until_idle()
        lost = shift.placed(number="lost")
        shift.until_idle()
        documents = shift.erp.documents
        assert len(shift.erp.held()) == 5
        at = house.clock.at + timedelta(minutes=5)
    restored(url, tmp_path / "backup.db", at)
    with reopened(tmp_path / "shop", at, documents) as shift:
        assert [shift.order(order_id)["handover"] for order_id in kept] == ["in_doubt"] * 4
        # The worker's own first comparison would end the pause: without it nothing is sent, however long.
        shift.for_a_while(1800, every=60)
        assert shift.erp.calls["place_order"] == 0
        shift.erp.weather.down_until = None
        # The store sends what it got no answer for.
        again = shift.placed(number="lost")
        assert again != lost
        shift.for_a_while(1800, every=60)
        assert [shift.order(order_id)["handover"] for order_id in (*kept, again)] == ["placed"] * 5
        assert len(shift.erp.held()) == 5
        assert shift.erp.calls["place_order"] == 0
        new = shift.placed(number="new")
        shift.for_a_while(60)
        assert (shift.order(new)["handover"], len(shift.erp.held())) == ("placed", 6)
        conserved(shift)


def test_a_database_that_was_restored_by_other_means_begins_anew_when_told_so(tmp_path: Path) -> None:
    with on_shift(tmp_path) as shift:
        epoch = shift.house.price("hammer")["epoch"]
        order_id = shift.placed(number="1")
        begun_anew(shift.house.database, shift.house.clock.at)
        assert shift.house.price("hammer")["epoch"] != epoch
        shift.for_a_while(2 * 86_400, every=1800)
        assert (shift.order(order_id)["handover"], len(shift.held("shop/1"))) == ("placed", 1)

"""Answers are held against the ERP's own prices: what was changed behind our back is found, listed and counted."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Unavailable
from listino.flows.drift import compared
from listino.testing.fake_erp import AbleFakeErp, Trouble
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.cli.test_commands import said
from tests.shop import CountedChance, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        settings = WebSettings(metrics_folder=str(tmp_path / "sampled"), sampled=True)
        client = Client(
            App(house.database, settings, house.clock, CountedChance()), {"Authorization": f"Bearer {house.key}"}
        )
        yield House(house.path, house.database, client, house.clock, house.key)
        client.close()


def ask(house: House, item: str, **params: Any) -> Any:
    house.clock.at += timedelta(seconds=3)
    return house.price(item, **params)


def held_up(house: House, erp: AbleFakeErp) -> tuple[int, int]:
    """One run of the comparison, after all that was submitted before is written."""
    house.database.write(lambda tx: None)
    return compared(house.database, erp, house.clock)


def listed(house: House) -> Any:
    return house.get("/v1/price-mismatches").json()


def test_a_price_that_was_changed_behind_our_back_is_found(house: House) -> None:
    erp = AbleFakeErp()
    ours = ask(house, "hammer", customer="rossi", quantity="3")
    erp.prices[("hammer", "rossi")] = Decimal(ours["net_price"])
    assert held_up(house, erp) == (1, 0)
    assert held_up(house, erp) == (0, 0)
    ask(house, "hammer", customer="rossi", quantity="3")
    erp.prices[("hammer", "rossi")] += Decimal("0.01")
    assert held_up(house, erp) == (1, 1)
    page = listed(house)
    assert (page["compared"], page["mismatches"], page["next"]) == (2, 1, None)
    (found,) = page["data"]
    assert (found["item"], found["customer"], found["quantity"]) == ("hammer", "rossi", "3")
    assert found["ours"] == f"{Decimal(ours['net_price']).normalize():f} EUR per 1"
    assert found["theirs"] == f"{erp.prices['hammer', 'rossi']} EUR per 1"
    shown = said("mismatches", url=f"sqlite:///{house.path}")
    assert "2 answers were compared with the management system, 1 of them differed." in shown


def test_a_price_on_one_side_alone_is_a_mismatch(house: House) -> None:
    ask(house, "hammer", customer="rossi")
    assert held_up(house, AbleFakeErp()) == (1, 1)
    assert [one["theirs"] for one in listed(house)["data"]] == [None]


def test_an_erp_that_does_not_answer_leaves_the_samples_for_later(house: House) -> None:
    erp = AbleFakeErp()
    erp.prices[("hammer", None)] = Decimal(ask(house, "hammer", customer="rossi")["net_price"])
    erp.planned.append(Trouble.NO_CONNECTION)
    with pytest.raises(Unavailable):
        held_up(house, erp)
    assert listed(house)["compared"] == 0
    assert held_up(house, erp) == (1, 0)


def test_what_the_erp_cannot_be_asked_and_what_comes_too_fast_is_not_sampled(house: House) -> None:
    erp = AbleFakeErp()
    ask(house, "hammer", customer="rossi")
    house.price("hammer", customer="rossi", quantity="2")
    ask(house, "hammer", customer="rossi", coupons="X")
    ask(house, "hammer", customer="rossi", at="2026-11-20T10:00:00Z")
    assert held_up(house, erp)[0] == 1

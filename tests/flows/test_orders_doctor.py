"""The doctor says where all orders are, whether both sides hold the same, and who keeps them waiting."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.flows.orders_doctor import orders_examined
from listino.flows.reconcile import reconciled
from listino.testing.fake_erp import Trouble
from tests.shift import Shift, on_shift


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        yield found


def told(shift: Shift) -> dict[str, tuple[str, str]]:
    now = shift.house.clock.at
    found = orders_examined(shift.house.database.read().connection, now)
    return {finding.subject: (finding.level, finding.text) for finding in found}


def test_all_is_well(shift: Shift) -> None:
    shift.placed(number="1")
    shift.until_idle()
    reconciled(shift.house.database, shift.erp, shift.house.clock)
    found = told(shift)
    assert found["Order reconciliation"] == (
        "ok", "taken 1, accepted 0, in doubt 0, placed 1, parked 0, dropped 0, cancelled 0",
    )  # fmt: skip
    assert found["Both sides"][0] == "ok"
    assert found["Both sides"][1].startswith("1 orders were the same on 2026-11-23")
    assert set(found) == {"Order reconciliation", "Both sides"}


def test_an_order_that_is_nowhere_is_an_error(shift: Shift) -> None:
    order_id = shift.placed(number="1")
    shift.until_idle()
    shift.house.database.write(lambda tx: tx.execute("DELETE FROM orders WHERE id = ?", (order_id,)))
    level, text = told(shift)["Order reconciliation"]
    assert (level, text.split(":")[0]) == ("error", "1 orders are nowhere")


def test_what_is_missing_on_the_other_side_and_a_silent_system_are_warned_of(shift: Shift) -> None:
    shift.placed(number="1")
    shift.until_idle()
    (document,) = shift.held("shop/1")
    shift.erp.documents.forget(document)
    reconciled(shift.house.database, shift.erp, shift.house.clock)
    shift.erp.weather.troubles = {Trouble.NO_CONNECTION: 1.0}
    shift.placed(number="2")
    shift.for_a_while(1200, every=60)
    found: Any = told(shift)
    assert found["Both sides"] == ("warn", "1 orders were not the same on both sides on 2026-11-23")
    assert found["Management system"][0] == "warn"
    shift.erp.weather.troubles = {}
    shift.for_a_while(timedelta(days=3).total_seconds(), every=7200)
    assert "Management system" not in told(shift)

"""Comparing prices takes only a small part of the calls that a management system allows."""

from dataclasses import replace
from pathlib import Path

import msgspec

from listino.db import price_samples
from listino.db.engine import Connection
from listino.db.snapshot import stamp
from tests.shift import on_shift


def test_of_a_slow_management_system_few_prices_are_asked_at_once(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        shift.erp.traits = replace(shift.erp.traits, calls_per_minute=120)

        def keep(tx: Connection) -> None:
            for quantity in range(1, 11):
                question = ["hammer", "rossi", str(quantity), None, "EUR", None]
                price_samples.keep(tx, msgspec.json.encode(question).decode(), stamp(shift.house.clock.at))

        shift.house.database.write(keep)
        shift.erp.log.clear()
        # A tenth of 120 in a minute: three every fifteen seconds.
        asked = []
        for _ in range(4):
            shift.for_a_while(15)
            asked.append(shift.erp.calls["ask_price"])
        assert asked == [3, 6, 9, 10]

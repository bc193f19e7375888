"""The old system's own prices, discount policies included, come through dropped files to the cent."""

import csv
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.connectors.erp_files import connect
from listino.connectors.erp_files.connector import FilesErp
from listino.flows.mirror import mirrored
from listino.flows.mirror_state import sources_of
from tests.connectors.sql.mapping import told_by_the_guide
from tests.connectors.sql.old_erp import TODAY, OldErp, on_sqlite, sold
from tests.connectors.sql.test_prices import MOMENTS, QUANTITIES, moment
from tests.shop import NOW, House, opened

ASKED = 300


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as empty:
        yield empty


def exported(old: OldErp, folder: Path) -> list[dict[str, Any]]:
    """Each query's rows as a CSV file in the inbox, and the same mapping for files."""
    facts = []
    for place, fact in enumerate(told_by_the_guide()["facts"]):
        rows = old.rows(fact["query"])
        name = f"{place:02}-{fact['kind']}"
        with (folder / "in" / f"{name}.part").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["EMPTY"], delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        (folder / "in" / f"{name}.part").rename(folder / "in" / f"{name}.csv")
        how = {word: said for word, said in fact.items() if word not in {"query", "changes", "since"}}
        facts.append(how | {"pattern": f"{name}*", "complete": True})
    return facts


def ours(house: House, question: tuple[str, str, int], at: str) -> int | None:
    customer, item, quantity = question
    said = house.price(item, customer=customer, quantity=str(quantity), at=at)
    return int(Decimal(said["net_price"]) * 100) if said["outcome"] == "price" else None


def test_hundreds_of_prices_are_the_systems_own_and_a_later_drop_is_followed(house: House, tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    dice = random.Random(20261123)
    with on_sqlite(tmp_path) as old:
        items, customers = sold(old, dice, items=40, customers=15)
        settings = {"files": {"settled_after_s": 0, "zone": "Europe/Rome"}, "facts": exported(old, tmp_path)}
        erp: FilesErp = connect(settings, None, tmp_path)  # type: ignore[arg-type]  # it needs no network
        mirrored(house.database, erp, "files", house.clock)
        assert [source.problems for source in sources_of(house.database, NOW)] == [()]
        assert differing(house, old, (items, customers), dice) == []
        old.run("UPDATE SCONTI SET SC = SC + 150", f"UPDATE LISTINI SET PREZZO = PREZZO + 7 WHERE DAL <= {TODAY}")
        exported(old, tmp_path)
        mirrored(house.database, erp, "files", house.clock)
        assert [source.problems for source in sources_of(house.database, NOW)] == [()]
        assert differing(house, old, (items, customers), dice) == []


def differing(house: House, old: OldErp, sold: tuple[list[str], list[str]], dice: random.Random) -> list[Any]:
    items, customers = sold
    found, priced = [], 0
    for _ in range(ASKED):
        question = dice.choice(customers), dice.choice(items), dice.choice(QUANTITIES)
        day, hour, minute = dice.choice(MOMENTS)
        theirs, mine = old.price(*question, day), ours(house, question, moment(day, hour, minute).isoformat())
        priced += theirs is not None
        if mine != theirs:
            found.append((question, day, hour, theirs, mine))
    assert priced > ASKED / 2
    return found

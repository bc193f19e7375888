"""A fact's times and numbers as people write them: kept, or told what is wrong, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Malformed
from listino.flows.facts import Stated, save
from listino.flows.import_ import imported
from listino.flows.tables import Options
from tests.shop import NOW, House, opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("records")) as house:
        yield house


def a_rule(**said: Any) -> dict[str, Any]:
    """A price of the saw, valid when it is said to be."""
    return {"action": "price", "list": "base", "item": "saw", "value": "19"} | said


@pytest.mark.parametrize(
    "said",
    [
        {"valid_to": "9999-12-31"},
        {"valid_to": "9999-12-31T00:00:00"},
        {"valid_to": "9999-12-31T23:59:59Z"},
        {"valid_to": "9999-12-31T23:59:59.999999-12:00"},
        {"valid_from": "0001-01-01"},
        {"valid_from": "0001-01-01T00:00:00+01:00", "valid_to": "9999-12-31"},
    ],
)
def test_the_first_and_the_last_day_there_is_mean_no_start_and_no_end(house: House, said: dict[str, Any]) -> None:
    kept = house.put("rules", "endless", **a_rule(**said))
    assert kept.keys() & {"valid_from", "valid_to"} == set()
    assert house.put("rules", "endless", **a_rule())["revision"] == kept["revision"]


def test_a_membership_without_end_has_none(house: House) -> None:
    said = {"customer_groups": [{"group": "installers", "valid_to": "9999-12-31"}]}
    assert house.put("customers", "endless", **said)["customer_groups"] == [{"group": "installers"}]


@pytest.mark.parametrize(
    "said",
    [
        {"valid_to": "9999-12-30"},
        {"valid_to": "9998-12-31T00:00:00Z"},
        {"valid_to": "0001-01-01"},
        {"valid_from": "9999-12-31T23:59:59-05:00"},
        {"valid_from": "0001-01-02T00:00:00+14:00"},
        {"valid_from": "1899-01-01"},
    ],
)
def test_a_time_far_off_is_a_fault_of_its_field(house: House, said: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refused:
        save(house.database, [Stated("rules", "far", a_rule(**said))], "test", None, NOW)
    ((field, text),) = said.items()
    (fault,) = refused.value.faults
    assert (fault.field, fault.code, "1900" in fault.text) == (field, "out_of_range", True)
    file = tmp_path / "rules.csv"
    file.write_text(f"code,action,list,item,value,{field}\nfar,price,base,saw,19,{text}\n")
    outcome = imported(house.database, [file], Options(kind="rules"), "test", NOW)
    assert [(cell.column, cell.code) for cell in outcome.errors] == [(field, "out_of_range")]
    assert house.get("/v1/rules/far").status == 404


def test_the_first_day_that_is_kept_begins_wherever_on_earth(house: House) -> None:
    assert house.put("rules", "old", **a_rule(valid_from="1900-01-01"))["valid_from"] == "1899-12-31T23:00:00Z"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z"])
def test_an_order_from_the_end_of_time_is_malformed(house: House, at: str) -> None:
    answer = house.order(ordered_at=at)
    fault = answer.json()["errors"][0]
    assert (answer.status, fault["field"], fault["code"]) == (400, "ordered_at", "out_of_range")
    assert house.get("/v1/orders").json()["data"] == []

"""Rows of another system in our words: padded codes, integer dates, cents, flags, tiers in rows of their own."""

from datetime import date
from typing import Any

import pytest

from listino.core.errors import Malformed
from listino.core.mapping import FactMapping, Mapped, Unmapped, mapping_of

RULES = {
    "fields": {
        "code": {"text": "{LIST}/{ART}"},
        "action": {"constant": "price"},
        "list": {"column": "LIST", "as": "padded"},
        "item": {"column": "ART", "as": "padded"},
        "valid_from": {"column": "DAL", "as": "date", "format": "yyyymmdd", "empty": "0"},
        "valid_to": {"column": "AL", "as": "date", "format": "yyyymmdd", "empty": ["0", "99991231"]},
        "final": {"column": "NETTO", "map": {"S": True, "N": False}},
        "label": {"it": {"column": "NOTE", "as": "padded"}},
    },
    "tiers": {"from": {"column": "QTA", "as": "decimal"}, "value": {"column": "PREZZO", "as": "scaled", "scale": 2}},
}


def row(**said: Any) -> dict[str, Any]:
    return {"LIST": "L1  ", "ART": "A 1   ", "DAL": 20260101, "AL": 99991231, "NETTO": "N", "NOTE": " ", "QTA": 1,
            "PREZZO": 1050} | said  # fmt: skip


def facts(told: dict[str, Any], rows: list[dict[str, Any]]) -> list[Mapped | Unmapped]:
    mapping: FactMapping = mapping_of("rules", told, "facts[0]")
    return list(mapping.facts(rows))


def test_rows_with_the_same_code_are_the_tiers_of_one_fact() -> None:
    found = facts(RULES, [row(), row(QTA=10, PREZZO=995), row(ART="B", NETTO="S", AL=20261231, DAL=0)])
    first: dict[str, Any] = {
        "action": "price", "list": "L1", "item": "A 1", "valid_from": "2026-01-01", "final": False,
        "scale": {"tiers": [{"from": "1", "value": "10.5"}, {"from": "10", "value": "9.95"}]},
    }  # fmt: skip
    second: dict[str, Any] = {
        "action": "price", "list": "L1", "item": "B", "valid_to": "2026-12-31", "final": True,
        "scale": {"tiers": [{"from": "1", "value": "10.5"}]},
    }  # fmt: skip
    assert found == [Mapped("L1/A 1", first), Mapped("L1/B", second)]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ({"column": "X", "as": "decimal", "decimal": ","}, "1.234,50", "1234.5"),
        ({"column": "X", "as": "decimal"}, 0.1, "0.1"),
        ({"column": "X", "as": "scaled", "scale": 2}, 5, "0.05"),
        ({"column": "X", "as": "date"}, date(2026, 11, 23), "2026-11-23"),
        ({"column": "X", "as": "date", "exclusive": True}, "2026-11-23 00:00:00", "2026-11-22"),
        ({"column": "X", "as": "date", "format": "%d/%m/%Y"}, "23/11/2026", "2026-11-23"),
        ({"column": "X", "as": "date", "format": "days since 1800-12-28"}, 82510, "2026-11-23"),
        ({"column": "X", "as": "flag"}, 1, True),
        ("X", "  as it stands ", "  as it stands "),
        ({"column": "X", "as": "padded"}, "ışık  ", "ışık"),
        ([{"column": "X", "as": "padded"}, "NOTE2"], "a", ["a", "b"]),
    ],
)
def test_a_value_is_read_as_the_mapping_means_it(field: Any, value: Any, said: Any) -> None:
    told = {"fields": {"code": "C", "name": field}}
    assert facts(told, [{"C": "c", "X": value, "NOTE2": "b"}]) == [Mapped("c", {"name": said})]


def test_what_cannot_be_read_is_told_with_its_row_and_stops_nothing() -> None:
    rows: list[dict[str, Any]] = [row(QTA="ten"), row(ART="B", NETTO="X"), row(ART=" "), {"LIST": "L"}, row(ART="C")]
    found = facts(RULES, rows)
    assert [one.text for one in found if isinstance(one, Unmapped)] == [
        "Row 1: QTA: 'ten' is not a number.",
        "Row 2: NETTO: 'X' is not in its map.",
        "Row 3: it has no code.",
        "Row 4: there is no column ART.",
    ]
    assert [one.code for one in found if isinstance(one, Mapped)] == ["L1/C"]


def test_a_row_may_end_its_fact_or_not_count() -> None:
    told = {
        "fields": {"code": "C", "name": "N"},
        "ended": {"column": "E", "map": {"S": True, "N": False}},
        "only": {"FIRM": "1"},
    }
    rows: list[dict[str, Any]] = [
        {"C": "a", "N": "x", "E": "S", "FIRM": 1},
        {"C": "b", "N": "y", "E": "N", "FIRM": "2"},
    ]
    assert facts(told, rows) == [Mapped("a", None)]


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({}, "facts[0].fields"),
        ({"fields": {"code": {"column": "C", "like": 1}}}, "facts[0].fields.code"),
        ({"fields": {"code": {"column": "C", "as": "money"}}}, "facts[0].fields.code.as"),
        ({"fields": {"code": {"column": "C", "text": "{D}"}}}, "facts[0].fields.code"),
        ({"fields": {"code": "C"}, "tiers": "QTY"}, "facts[0].tiers"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_with_its_place(told: dict[str, Any], place: str) -> None:
    with pytest.raises(Malformed) as caught:
        mapping_of("rules", told, "facts[0]")
    assert [fault.field for fault in caught.value.faults] == [place]

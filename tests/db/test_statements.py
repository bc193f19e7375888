"""Each statement is written once; what PostgreSQL reads is the same statement."""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.core.errors import Malformed
from listino.db.engine import connected_to
from listino.db.statements import for_postgres
from tests import engines
from tests.books import Books


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT a FROM t WHERE b = ? AND c > ?", "SELECT a FROM t WHERE b = $1 AND c > $2"),
        ("SELECT '?', 'it''s ?' FROM t WHERE a = ?", "SELECT '?', 'it''s ?' FROM t WHERE a = $1"),
        ("SELECT ?2, ?1", "SELECT $2, $1"),
        ("SELECT 1 FROM t WHERE instr(a, ?) > 0", "SELECT 1 FROM t WHERE strpos(a, $1) > 0"),
        ("SELECT a LIKE '%x'", "SELECT a LIKE '%x'"),
        ("SELECT value FROM json_each(?)", "SELECT value FROM jsonb_array_elements_text($1::jsonb) AS each(value)"),
        (
            "SELECT unhex(json_extract(value, '$[2]')) FROM json_each(?)",
            "SELECT decode((value::jsonb #>> '{2}'), 'hex') FROM jsonb_array_elements($1::jsonb) AS each(value)",
        ),
        (
            "SELECT json_extract(t.body, '$.ship_to.country')",
            r"SELECT (replace(replace(t.body, '\\', '\u005c'), '\u0000', '')::jsonb #>> '{ship_to,country}')",
        ),
    ],
)
def test_places_and_functions_are_written_over(ours: str, theirs: str) -> None:
    assert for_postgres(ours).decode() == theirs


VALUES: list[tuple[str, tuple[Any, ...], list[tuple[Any, ...]]]] = [
    ("SELECT instr(?, 'b'), 'a?'", ("abc",), [(2, "a?")]),
    ("SELECT CAST(? AS BIGINT)", (-(1 << 63),), [(-(1 << 63),)]),
    ("SELECT value FROM json_each(?) ORDER BY value", ('["b","a"]',), [("a",), ("b",)]),
    (
        "SELECT json_extract(value, '$[0]'), CAST(json_extract(value, '$[1]') AS BIGINT), "
        "unhex(json_extract(value, '$[2]')) FROM json_each(?)",
        (msgspec.json.encode([('"ü\x1f', 1 << 62, "00ff"), (None, None, None)]).decode(),),
        [('"ü\x1f', 1 << 62, b"\x00\xff"), (None, None, None)],
    ),
    (
        "SELECT json_extract(t.body, '$.a.b') FROM (SELECT ? AS body) AS t",
        (msgspec.json.encode({"notes": "x\x00\\u0000\\", "a": {"b": "c\\d"}}).decode(),),
        [("c\\d",)],
    ),
    ("SELECT 1 WHERE (1, 'b') > (1, ?)", ("a",), [(1,)]),
]


@pytest.mark.parametrize(("sql", "values", "rows"), VALUES)
def test_both_engines_answer_alike(tmp_path: Path, sql: str, values: tuple[Any, ...], rows: list[Any]) -> None:
    with engines.empty_database(tmp_path) as url, closing(connected_to(url, writing=False)) as connection:
        assert connection.execute(sql, values).fetchall() == rows


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize(
    "value", ["a\x00b", "".join(chr(0x20000 + number) for number in range(900))], ids=["U+0000", "long"]
)
def test_what_cannot_be_kept_is_refused_and_its_neighbours_are_written(tmp_path: Path, value: str) -> None:
    def keep(subject: str) -> Any:
        return lambda tx: tx.execute("INSERT INTO usage (subject, used) VALUES (?, '1')", (subject,)) and None

    with Books(tmp_path).opened() as database:
        futures = [database.submit(keep(subject)) for subject in ("before", value, "after")]
        with pytest.raises(Malformed) as refusal:
            futures[1].result(10)
        assert (futures[0].result(10), futures[2].result(10)) == (None, None)
        assert refusal.value.code == "not_kept"
        rows = database.read().connection.execute("SELECT subject FROM usage ORDER BY subject").fetchall()
        assert rows == [("after",), ("before",)]

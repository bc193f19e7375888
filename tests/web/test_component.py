"""`/listino.js`: one small file, the same for everybody, that a browser asks for again only by its tag."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from listino.web.component import SOURCE, without_comments
from tests.shop import House, opened

BYTES_MAX = 8_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as opened_house:
        yield opened_house


def test_it_is_served_to_every_page_with_its_kind_and_a_tag(house: House) -> None:
    answer = house.client.request("GET", "/listino.js", headers={"authorization": ""})
    assert answer.status == 200
    told = {name: answer.headers[name] for name in ("content-type", "access-control-allow-origin", "cache-control")}
    assert told == {
        "content-type": "text/javascript; charset=utf-8",
        "access-control-allow-origin": "*",
        "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert re.fullmatch(r'"[0-9a-f]{24}"', answer.headers["etag"])


def test_who_has_it_already_is_sent_nothing(house: House) -> None:
    first = house.get("/listino.js")
    again = house.client.request("GET", "/listino.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = house.client.request("GET", "/listino.js", headers={"if-none-match": '"of-yesterday"'})
    assert (other.status, other.body) == (200, first.body)
    assert house.client.request("POST", "/listino.js", json={}).status == 405


def test_it_is_small(house: House) -> None:
    assert len(gzip.compress(house.get("/listino.js").body, 9)) < BYTES_MAX


def test_what_is_served_is_the_source_line_by_line_without_its_comments(house: House) -> None:
    served, source = house.get("/listino.js").body.decode().splitlines(), SOURCE.read_text("utf-8").splitlines()
    assert len(served) == len(source)
    kept = [line.strip() for line in source]
    assert [line for line in served if line not in kept and line] == []
    assert [line for line in served if line.startswith(("//", "/*"))] == []
    assert without_comments("  // why\n  const a = 1;\n    /** what */\n  b();\n") == "\nconst a = 1;\n\nb();\n"


def test_it_brings_nothing_with_it_and_writes_no_markup() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    assert "://" not in source
    forbidden = (
        "innerHTML",
        "insertAdjacentHTML",
        "eval(",
        "Function(",
        ".style",
        'setAttribute("style',
        "import(",
        "import {",
    )
    assert [word for word in forbidden if word in source] == []

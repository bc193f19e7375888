"""What will be and what would be, on the command line: price lists of customers, and drafts tried."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cli.test_commands import run
from tests.shop import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def url(house: House) -> str:
    return f"sqlite:///{house.path}"


def test_a_price_list_is_a_csv_file_of_the_prices_that_the_door_answers(house: House) -> None:
    done = run("price-list", "rossi", "--at", "2026-11-24", "--database", url(house))
    door = house.get("/v1/customers/rossi/price-list", at="2026-11-24", format="csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, door.body.decode(), "")
    assert done.stdout.splitlines()[1] == "hammer,,C62,1,1,EUR,8.55,10.43,9.50,web,22,10:8.10,,"


def test_a_price_list_is_lines_for_programs_too(house: House) -> None:
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    done = run("price-list", "rossi", "--known-at", "1", "--format", "ndjson", "--database", url(house))
    lines = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [(line["record"], line.get("net_price")) for line in lines] == [
        ("price_list", None), ("item", "8.55"), ("item", "18.00"), ("end", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody",), "customer: There is no customer 'nobody'. Name one of customers."),
        (("rossi", "--channel", "none"), "channel: There is no channel 'none'. Name one of channels."),
        (("rossi", "--format", "pdf"), "format: format cannot be 'pdf'. Name csv or ndjson."),
        (
            ("rossi", "--at", "soon"),
            "at: 'soon' is not an instant that exists. Send RFC 3339, as 2026-12-31T12:00:00Z.",
        ),
    ],
)
def test_a_price_list_that_cannot_be_made_is_refused(house: House, arguments: tuple[str, ...], told: str) -> None:
    done = run("price-list", *arguments, "--database", url(house))
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", told)

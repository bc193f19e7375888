"""A test key's stream tells of the items that provoke what a question about them is answered; a live key's does not."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.flows.access import created
from listino.flows.provoked import ITEMS
from listino.web import on_purpose
from tests.browsers import PAGE
from tests.engines import ON_BOTH
from tests.shop import NOW, CountedChance, House, opened
from tests.streaming import Readers, reading

pytestmark = ON_BOTH

HEAD = {"at", "revision", "epoch", "stale_since", "line", "stock", "shows", "id"}
# What the whole request is told, and not its line.
OF_ALL = ["scope_missing", "rate_limited", "unavailable", "overloaded", "internal"]
waited: list[float] = []
numbers = count(5_000, 10)


@pytest.fixture
def house(tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    async def at_once(_: Any, seconds: float) -> None:
        waited.append(seconds)

    waited.clear()
    monkeypatch.setattr(on_purpose.Waits, "for_seconds", at_once)
    with opened(tmp_path) as house:
        yield house


def key_for_tests(house: House) -> dict[str, str]:
    """The headers of a test key that may do all."""
    chance = CountedChance(next(numbers))
    _, secret = created(house.database, "t", ["all"], channel=None, test=True, now=NOW, chance=chance)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def readers(house: House) -> Iterator[Readers]:
    with reading(house.client.app, {"Origin": PAGE}) as readers:
        yield readers


def said_of(line: Any) -> Any:
    """What is said of a line, whichever way it was asked; of an error its code."""
    if "error" in line:
        return line["error"]["code"]
    return {name: value for name, value in line.items() if name not in HEAD}


def refused_as_asked(house: House, readers: Readers, door: str, headers: dict[str, str], customer: Any) -> list[str]:
    """Ask for each item by a batch and by a stream, which say the same; the codes of what they refuse as a whole."""
    refused = []
    for row in ITEMS:
        asked = {"lines": [{"item": row.code}]} | customer
        asked |= {"explain": "none"} if customer else {}
        batch = house.client.request("POST", f"{door}/prices", json=asked, headers={"Origin": PAGE} | headers)
        before = len(waited)
        stream = readers.open(f"{door}/stream", {"item": row.code} | customer, **headers)
        assert (row.code, stream.status) == (row.code, batch.status)
        if batch.status == 200:
            assert waited[before:] == [3 if "slow" in row.code else 0]
            assert stream.next().kind == "ready"
            assert said_of(stream.next().data) == said_of(batch.json()["lines"][0])
        else:
            stream.ended()
            assert msgspec.json.decode(stream.body)["code"] == batch.json()["code"]
            refused.append(batch.json()["code"])
    return refused


def test_a_test_keys_stream_tells_what_a_batch_answers(house: House, readers: Readers) -> None:
    assert refused_as_asked(house, readers, "/v1", key_for_tests(house), {"customer": "rossi"}) == OF_ALL


def test_so_does_a_page_with_a_token_that_a_test_key_minted(house: House, readers: Readers) -> None:
    ask = {"customer": "rossi", "channel": "web", "origins": [PAGE]}
    minted = house.client.request("POST", "/v1/customer-tokens", json=ask, headers=key_for_tests(house))
    headers = {"Authorization": f"Bearer {minted.json()['token']}"}
    assert refused_as_asked(house, readers, "/v1/me", headers, {}) == OF_ALL


def test_what_is_provoked_is_told_again_when_a_change_concerns_it_and_beside_real_items(
    house: House, readers: Readers
) -> None:
    items = ["saw", "TEST:price", "TEST:not_found"]
    stream = readers.open("/v1/stream", {"customer": "rossi", "item": items}, **key_for_tests(house))
    stream.next()
    told = stream.prices(3)
    assert [said_of(told[3].data), told[1].data["net_price"], told[2].data["gross_price"]] == [
        "unknown_item", "18.00", "12.20",
    ]  # fmt: skip
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    assert stream.next().data["net_price"] == "27.00"
    house.put("taxes", "it-standard", percent="10", country="IT")
    again = stream.prices(2)
    assert (again[1].data["gross_price"], again[2].data["gross_price"]) == ("29.70", "11.00")


def test_a_live_keys_stream_knows_no_such_item_also_beside_a_test_keys(house: House, readers: Readers) -> None:
    asked = {"customer": "rossi", "item": [row.code for row in ITEMS]}
    by_test = readers.open("/v1/stream", {"customer": "rossi", "item": "TEST:price"}, **key_for_tests(house))
    by_test.next(), by_test.next()
    stream = readers.open("/v1/stream", asked, Authorization=f"Bearer {house.key}")
    stream.next()
    told = stream.prices(len(ITEMS))
    assert {said_of(event.data) for event in told.values()} == {"unknown_item"}
    assert waited == [0]

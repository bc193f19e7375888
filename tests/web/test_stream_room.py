"""Nobody takes so much of the streams of a process that others are shut out; who is refused is told why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.web import live_room
from listino.web.rest import me_live
from tests.browsers import PAGE, token_of
from tests.shop import House, opened
from tests.streaming import Readers, Stream, reading


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def readers(house: House) -> Iterator[Readers]:
    with reading(house.client.app, {"Origin": PAGE}) as readers:
        yield readers


def watching(readers: Readers, token: str, first: int, last: int) -> Stream:
    """A page's stream of so many quantities of one item, if it may have it."""
    quantities = [str(quantity) for quantity in range(first, last + 1)]
    return readers.open("/v1/me/stream", {"token": token, "item": ["hammer"] * len(quantities), "quantity": quantities})


def refusal(stream: Stream) -> tuple[int, Any, Any]:
    """The status of a refusal, its code and what it says."""
    stream.ended()
    said = msgspec.json.decode(stream.body)
    return stream.status, said["code"], said["detail"]


def test_a_customers_many_quantities_leave_room_for_others(house: House, readers: Readers) -> None:
    token = token_of(house)
    taken = [watching(readers, token, first, first + 199) for first in range(1, 2_000, 200)]
    assert [stream.status for stream in taken] == [200] * 10
    text = "2000 different questions are watched already, and 2000 may be."
    assert refusal(watching(readers, token, 2_000, 2_001)) == (429, "too_many_questions", text)
    # What is watched already costs nothing more; others have their own room; what is closed is free again.
    assert watching(readers, token_of(house), 1, 200).status == 200
    assert watching(readers, token_of(house, "bianchi"), 1, 200).status == 200
    assert watching(readers, token_of(house, None), 1, 200).status == 200
    taken[5].close()
    assert watching(readers, token, 2_001, 2_200).status == 200
    assert watching(readers, token, 2_201, 2_201).status == 429


def test_guests_with_however_many_tokens_share_one_room(
    house: House, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(me_live, "PUBLIC_QUESTIONS_MAX", 3)
    assert watching(readers, token_of(house, None), 1, 2).status == 200
    assert watching(readers, token_of(house, None), 3, 4).status == 429
    assert watching(readers, token_of(house, None), 2, 3).status == 200
    assert watching(readers, token_of(house), 3, 4).status == 200


def test_a_full_process_says_what_it_is_full_of(
    house: House, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_room, "QUESTIONS_MAX", 3)
    assert watching(readers, token_of(house), 1, 2).status == 200
    text = "2 different questions are watched here already, and 3 may be."
    assert refusal(watching(readers, token_of(house, "bianchi"), 1, 2)) == (503, "busy", text)
    monkeypatch.setattr(live_room, "STREAMS_MAX", 1)
    assert refusal(watching(readers, token_of(house), 1, 1)) == (503, "busy", "1 streams are open here already.")

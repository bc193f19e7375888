"""Whoever follows the changes has what a whole copy has, whatever was brought, changed, ended and brought again."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from listino.core.errors import Gone, Malformed
from listino.flows.changed import Changed, page
from listino.flows.facts import Stated, save
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("changed")) as house:
        yield house


def every(house: House, since: int | None, limit: int) -> tuple[list[Changed], int]:
    """All pages, and the revision that they are of."""
    found: list[Changed] = []
    after: str | None = None
    revision: int | None = None
    while True:
        got = page(house.database, "items", since, after, limit)
        assert revision in {None, got.revision}
        found, after, revision = found + got.records, got.following, got.revision
        if after is None:
            return found, got.revision


def test_a_copy_that_follows_is_a_whole_copy(house: House, chance: random.Random) -> None:
    held: dict[str, Any] = {}
    at: int | None = None
    codes = [f"i{number}" for number in range(8)]
    for _ in range(25):
        for code in chance.sample(codes, 2):
            there = code in {one.code for one in every(house, None, 100)[0]}
            said = None if there and chance.random() < 0.5 else {"weight": str(chance.randrange(1, 99))}
            save(house.database, [Stated("items", code, said)], "test", None, NOW)
        if chance.random() < 0.5:
            changes, at = every(house, at, chance.randrange(1, 4))
            said_once = [one.code for one in changes if one.said is not None]
            assert len(set(said_once)) == len(said_once)
            held |= {one.code: (one.revision, one.said) for one in changes}
    changes, at = every(house, at, 1)
    held |= {one.code: (one.revision, one.said) for one in changes}
    whole, _ = every(house, None, 3)
    still = {code: known for code, known in held.items() if known[1] is not None}
    assert still == {one.code: (one.revision, one.said) for one in whole}
    assert every(house, at, 1)[0] == []


def test_what_is_not_known_any_more_is_said(house: House) -> None:
    with pytest.raises(Malformed) as caught:
        page(house.database, "items", 99, None, 10)
    assert caught.value.faults[0].field == "changed_since"
    house.database.write(lambda tx: tx.execute("UPDATE book SET history_from = 1, revision = revision + 1"))
    with pytest.raises(Gone):
        page(house.database, "items", 0, None, 10)

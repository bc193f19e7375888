"""From where tokens may ask, as it is kept on either engine."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listino.db import customer_orders, tokens
from listino.flows.access import created, revoked
from tests.shop import NOW, CountedChance, House, opened

ORIGINS = ("https://a.example", "https://b.example")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_an_origin_is_known_until_its_last_token_ends_or_its_key(house: House) -> None:
    database = house.database
    key, _ = created(database, "other", ["all"], channel=None, test=False, now=NOW, chance=CountedChance(1_000))
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    database.write(lambda tx: tokens.keep(tx, ORIGINS, key.id, later, NOW))
    database.write(lambda tx: tokens.keep(tx, ORIGINS, key.id, soon, NOW))
    assert tokens.missing(database.read(), (*ORIGINS, "https://c.example"), key.id, later) == ("https://c.example",)
    assert tokens.missing(database.read(), ORIGINS, key.id, later + timedelta(seconds=1)) == ORIGINS
    assert [tokens.is_known(database.read(), ORIGINS[0], at) for at in (NOW, soon, later)] == [True, True, False]
    revoked(database, key.id, NOW)
    assert not tokens.is_known(database.read(), ORIGINS[0], NOW)


def test_orders_are_found_by_their_customer(house: House) -> None:
    first, second = (house.order(number=number).json()["id"] for number in ("1", "2"))
    other = house.order(number="3", customer="bianchi").json()["id"]
    connection = house.database.read().connection
    assert customer_orders.ids_of(connection, "rossi", None, limit=9, test=False) == [second, first]
    assert customer_orders.ids_of(connection, "rossi", second, limit=9, test=False) == [first]
    assert customer_orders.ids_of(connection, "rossi", None, limit=9, test=True) == []
    owners = [customer_orders.is_of(connection, one, "rossi", test=False) for one in (first, other, "no-such")]
    assert owners == [True, False, False]

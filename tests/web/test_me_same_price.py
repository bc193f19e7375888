"""A page is told the price that its customer pays: that of the price door, whatever is asked."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import me, token_of
from tests.shop import House, opened
from tests.web.test_me_unseen import with_secrets

FIELDS = ("net_price", "gross_price", "list_price", "net", "tax", "gross", "discount", "currency", "unit", "quantity")
QUESTIONS = 150


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield with_secrets(house)


def test_a_page_and_a_server_are_told_one_price(house: House, chance: random.Random) -> None:
    house.put("rules", "graduated", action="percent", item="saw", customer="bianchi",
              scale={"kind": "graduated", "tiers": [{"up_to": "5", "value": "3"}, {"value": "7"}]})  # fmt: skip
    house.put("rules", "capped", action="percent", item="hammer", value="5", caps={"quantity": "7", "beyond": "split"})
    house.put("channels", "web", currency="EUR", country="IT", tax_rounding="line")
    tokens: dict[str | None, str] = {name: token_of(house, name) for name in ("rossi", "bianchi", None)}
    lines: list[dict[str, str]] = [
        {"item": chance.choice(["hammer", "hammer", "saw"]), "quantity": f"{chance.randint(1, 400) / 8}"}
        for _ in range(QUESTIONS)
    ]
    for customer, token in tokens.items():
        told = me(house, token, "/prices", "POST", json={"lines": lines}).json()["lines"]
        asked: dict[str, Any] = {"lines": lines, "channel": "web"} | ({"customer": customer} if customer else {})
        paid = house.client.request("POST", "/v1/prices", json=asked).json()["lines"]
        assert [[line.get(name) for name in FIELDS] for line in told] == [
            [line.get(name) for name in FIELDS] for line in paid
        ]
    some = lines[:40]
    told_together = me(house, tokens["rossi"], "/basket", "POST", json={"lines": some}).json()
    asked = {"lines": some, "channel": "web", "customer": "rossi"}
    together = house.client.request("POST", "/v1/baskets", json=asked).json()
    assert told_together["totals"] == together["totals"]

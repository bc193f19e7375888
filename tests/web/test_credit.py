"""Credit limits: what open orders come to together, of a customer and of the accounts above it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.db.ledger import astray
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import House, an_order, opened

pytestmark = ON_BOTH


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def ordered(house: House, number: str, quantity: str = "1", **said: Any) -> Any:
    """An order for saws of 24.40 each, tax included, by a customer without discounts."""
    lines = [{"item": "saw", "quantity": quantity}]
    answer = house.order(number=number, **({"customer": "bianchi", "lines": lines} | said))
    assert answer.status == 201, answer.body
    return answer.json()


def step(house: House, order: Any, state: str) -> Response:
    return house.client.request("POST", f"/v1/orders/{order['id']}/steps", json={"state": state})


def limit(house: House, most: str | None, kind: str = "customers", code: str = "bianchi", **said: Any) -> None:
    house.put(kind, code, **({"country": "IT"} if kind == "customers" else {}), credit_limit=most, **said)


def credit_used(house: House) -> dict[str, str]:
    rows = house.database.read().connection.execute("SELECT subject, used FROM usage ORDER BY subject")
    return {subject.split("\x1f", 1)[1]: used for subject, used in rows if subject.startswith("credit\x1f")}


def test_an_order_beyond_the_limit_is_taken_and_held(house: House) -> None:
    limit(house, "50")
    assert [ordered(house, str(n))["held"] for n in range(3)] == [[], [], ["credit_limit"]]
    assert credit_used(house) == {"customer\x1fbianchi": "73.2"}


def test_orders_from_before_there_was_a_limit_count_too(house: House) -> None:
    ordered(house, "1", "2")
    limit(house, "50")
    assert ordered(house, "2")["held"] == ["credit_limit"]


def test_what_is_closed_or_cancelled_is_not_owed_any_more(house: House) -> None:
    limit(house, "50")
    first, second, third = (ordered(house, str(n)) for n in range(3))
    step(house, third, "cancelled")
    step(house, first, "cancelled")
    for state in ("shipped", "invoiced"):
        step(house, second, state)
    assert credit_used(house) == {"customer\x1fbianchi": "24.4"}
    step(house, second, "closed")
    assert credit_used(house) == {"customer\x1fbianchi": "0"}
    assert ordered(house, "4", "2")["held"] == []
    assert astray(house.database.read().connection) == []


def test_what_is_paid_is_not_owed(house: House) -> None:
    limit(house, "30")
    paid = [{"method": "card", "captured": "48.80"}]
    assert ordered(house, "1", "2", payments=paid)["held"] == []
    assert credit_used(house) == {}
    part = [{"method": "card", "authorised": "48.80", "captured": "40"}]
    assert ordered(house, "2", "2", payments=part)["held"] == ["payment_difference"]
    assert credit_used(house) == {"customer\x1fbianchi": "8.8"}


def test_the_customers_of_an_account_share_its_limit(house: House) -> None:
    limit(house, "60", "accounts", "rossi-group")
    house.put("customers", "verdi", country="IT", account="rossi-group")
    house.put("customers", "rossi", country="IT", account="rossi-group")
    assert ordered(house, "1", customer="rossi", lines=[{"item": "saw", "quantity": "2"}])["held"] == []
    assert ordered(house, "2", customer="verdi")["held"] == ["credit_limit"]
    assert ordered(house, "3", customer="bianchi")["held"] == []


def test_another_currency_counts_by_its_rate_and_without_one_no_limit_is_known_to_hold(house: House) -> None:
    limit(house, "50")
    said: dict[str, Any] = {"currency": "CHF", "lines": [{"item": "saw", "quantity": "1", "net": "20", "tax": "0"}]}
    assert "credit_limit" in ordered(house, "1", **said)["held"]
    house.put("rates", "CHF", currency="CHF", to_currency="EUR", rate="2")
    assert "credit_limit" not in ordered(house, "2", **said)["held"]
    assert credit_used(house) == {"customer\x1fbianchi": "40"}
    assert "credit_limit" in ordered(house, "3", **said)["held"]


def test_of_many_orders_at_once_no_more_pass_than_the_limit_allows(house: House) -> None:
    limit(house, "100")
    lines = [{"item": "saw", "quantity": "1"}]
    bodies = [an_order(number=str(n), customer="bianchi", lines=lines) for n in range(20)]
    answers = house.client.together([("POST", "/v1/orders", {"json": body}) for body in bodies])
    assert sorted(tuple(answer.json()["held"]) for answer in answers) == [()] * 4 + [("credit_limit",)] * 16


def test_a_limit_below_zero_is_refused(house: House) -> None:
    answer = house.client.request("PUT", "/v1/customers/bianchi", json={"credit_limit": "-1"})
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "negative")

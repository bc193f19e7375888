"""What a key may see: costs, limits and drafts are for explain:full alone, in prices, orders and data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import created
from listino.web.rest import facts
from tests.shop import NOW, CountedChance, House, an_order, opened

LIMIT = {"action": "limit", "bound": "min", "basis": "cost", "item": "hammer", "value": "300"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def as_store(house: House) -> dict[str, str]:
    """The headers of a key that may do all that a store does, and see no cost."""
    scopes = ("prices:read", "facts:read", "orders:create", "orders:read")
    _, secret = created(house.database, "store", scopes, channel=None, test=False, now=NOW, chance=CountedChance(1_000))
    return {"Authorization": f"Bearer {secret}"}


def figures(steps: list[Any], kind: str) -> list[tuple[Any, ...]]:
    """What the steps of a kind tell."""
    return [(step["value"], step["price_in"], step["price_out"]) for step in steps if step["kind"] == kind]


def charged_by_cost(house: House) -> None:
    """A charge of half the cost on the hammer."""
    house.put("rules", "handling", action="percent", sign="charge", basis="cost", item="hammer", value="50")


def test_a_charge_by_cost_does_not_tell_the_cost(house: House) -> None:
    charged_by_cost(house)
    asked = {"params": {"channel": "web"}}
    full = house.price("hammer", channel="web")["steps"]
    steps = house.client.request("GET", "/v1/prices/hammer", headers=as_store(house), **asked).json()["steps"]
    assert (figures(full, "charge"), figures(steps, "charge")) == ([("50", "9.5", "11.5")], [(None, None, None)])
    assert ["confidential" in step for step in steps] == [False, False]


@pytest.mark.parametrize(
    ("kind", "in_full", "in_part"),
    [("charge", ("50", "8.55", "10.55"), (None, None, None)), ("limit", ("12", "8.55", "12"), (None, None, "12"))],
)
def test_an_order_shows_costs_and_limits_to_those_alone_who_may_see_them(
    house: House, kind: str, in_full: tuple[Any, ...], in_part: tuple[Any, ...]
) -> None:
    if kind == "charge":
        charged_by_cost(house)
    else:
        house.put("rules", "floor", **LIMIT)
    store = as_store(house)
    post = {"json": an_order(channel="web", store="s"), "headers": store}
    first = house.client.request("POST", "/v1/orders", **post)
    assert first.body == house.client.request("POST", "/v1/orders", **post).body
    path = f"/v1/orders/{first.json()['id']}"
    got = house.client.request("GET", path, headers=store).json()
    listed = house.client.request("GET", "/v1/orders", headers=store).json()["data"][0]
    for order in (first.json(), got, listed):
        assert figures(order["lines"][0]["price"]["steps"], kind) == [in_part]
    assert figures(house.get(path).json()["lines"][0]["price"]["steps"], kind) == [in_full]


SECRET_FIGURES = frozenset(["base", "lowest", "highest", "formula"])
FLOOR_FIRST = [
    {"name": "price", "kind": "price"}, {"name": "floor", "kind": "limit", "pick": "all"},
    {"name": "promotion", "kind": "allowance", "pick": "all"}, {"name": "offer", "kind": "allowance"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ({"action": "margin", "customer": "rossi", "value": "33"}, "price"),
        ({"action": "price", "customer": "rossi", "formula": {"basis": "cost", "percent": "50"}}, "price"),
        ({"action": "price", "step": "offer", "formula": {"basis": "cost", "percent": "5"}}, "allowance"),
        ({"action": "percent", "step": "offer", "basis": "cost",
          "scale": {"kind": "graduated", "tiers": [{"up_to": "2", "value": "9"}, {"value": "5"}]}}, "allowance"),
    ],
)  # fmt: skip
def test_what_a_step_worked_with_does_not_tell_a_cost_or_a_limit(
    house: House, said: dict[str, Any], hidden: str
) -> None:
    house.put("schemes", "floor-first", steps=FLOOR_FIRST)
    house.put("channels", "web", currency="EUR", country="IT", scheme="floor-first")
    house.put("rules", "floor", **LIMIT | {"value": "51"})
    house.put("rules", "winter", action="percent", step="promotion", item="hammer", value="1")
    house.put("rules", "secret", item="hammer", **said)
    asked = {"params": {"channel": "web", "customer": "rossi", "quantity": "7"}}
    views: tuple[dict[str, str], ...] = ({}, as_store(house))
    answers = [house.client.request("GET", "/v1/prices/hammer", headers=view, **asked).json() for view in views]
    order = house.order(channel="web", lines=[{"item": "hammer", "quantity": "7"}]).json()["id"]
    answers += [house.client.request("GET", f"/v1/orders/{order}", headers=view).json()["lines"][0]["price"]
                for view in views]  # fmt: skip
    for full, part in (answers[:2], answers[2:]):
        assert SECRET_FIGURES & {name for step in full["steps"] for name in step}
        assert not SECRET_FIGURES & {name for step in part["steps"] for name in step}
        assert not any("parts" in step for step in part["steps"])
        assert [(step["rule"], step["kind"]) for step in part["steps"]] == [
            (step["rule"], step["kind"]) for step in full["steps"]
        ]
        secret = next(step for step in part["steps"] if step["rule"] == "secret")
        assert (secret["kind"], secret["value"] in {None, "0"}) == (hidden, True)
        assert [step["value"] for step in part["steps"] if step["rule"] == "winter"] == ["1"]


def test_an_item_is_read_without_its_cost(house: House) -> None:
    store = as_store(house)
    item = house.client.request("GET", "/v1/items/hammer", headers=store).json()
    assert (item["code"], "cost" in item, house.get("/v1/items/hammer").json()["cost"]) == ("hammer", False, "4")
    by_cost = house.client.request("GET", "/v1/items", params={"cost": "4"}, headers=store).json()
    assert by_cost["data"] == []
    every = house.client.request("GET", "/v1/items", headers=store).json()["data"]
    assert [(item["code"], "cost" in item) for item in every] == [("hammer", False), ("saw", False)]


@pytest.mark.parametrize(
    "said",
    [
        LIMIT,
        {"action": "price", "item": "saw", "value": "5", "status": "draft"},
        {"action": "percent", "sign": "charge", "basis": "cost", "item": "saw", "value": "5"},
        {"action": "price", "list": "web", "item": "saw", "formula": {"basis": "cost", "percent": "30"}},
    ],
)
def test_limits_drafts_and_rules_by_cost_are_not_there_for_a_store(house: House, said: dict[str, Any]) -> None:
    house.put("rules", "secret", **said)
    store = as_store(house)
    assert house.get("/v1/rules/secret").status == 200
    assert house.client.request("GET", "/v1/rules/secret", headers=store).status == 404
    seen = house.client.request("GET", "/v1/rules", headers=store).json()["data"]
    assert [rule["code"] for rule in seen] == ["hammer-base", "hammer-web", "installers-tools", "saw-base"]


def test_a_filter_that_finds_nothing_ends_with_a_cursor(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "SCANNED_MAX", 3)
    first = house.get("/v1/rules", limit="2", value="20").json()
    assert (first["data"], first["next"]) == ([], "installers-tools")
    second = house.get("/v1/rules", limit="2", value="20", after=first["next"]).json()
    assert ([rule["code"] for rule in second["data"]], second["next"]) == (["saw-base"], None)

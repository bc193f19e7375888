"""One question has one price: on the item's page, in the catalogue, the basket, the order, over SOAP, in the shell."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from lxml import etree

from listino.core.facts import Customer, Item
from listino.demo import company
from listino.flows.access import created
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.browsers import me, token_of
from tests.cli.test_commands import rows, said
from tests.demo.shelf import NOW, shelf
from tests.shop import CountedChance, House, SetClock
from tests.web.soap.envelopes import NAMESPACE, TYPE, envelope, price

ITEMS_COUNT = 48
CUSTOMERS_COUNT = 12
# The shell, baskets and orders are asked by each so manieth question.
SHELL_EACH = 8
ORDER_EACH = 3
CHANNEL = "b2b"
FIELDS = ("net_price", "gross_price", "per", "currency")
Told = tuple[str | None, ...]


@dataclass(frozen=True)
class Place:
    """A part of the demo company behind its doors, and who asks for what."""

    house: House
    url: str
    items: tuple[str, ...]
    customers: tuple[str, ...]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    gc.disable()  # Records that all stay need not be looked through again and again.
    try:
        facts = tuple(company.facts(Random(company.SEED)))
    finally:
        gc.enable()
    folder, chance = tmp_path_factory.mktemp("one-price"), Random(11)
    sold = {fact.code: fact.variant_of for fact in facts if isinstance(fact, Item) and fact.status == "active"}
    buyers = [fact.code for fact in facts if isinstance(fact, Customer) and fact.status == "active"]
    items, customers = chance.sample(sorted(sold), ITEMS_COUNT), chance.sample(buyers, CUSTOMERS_COUNT)
    parents = {parent for item in items if (parent := sold[item]) is not None}
    with shelf(folder, facts, frozenset(items) | parents) as goods:
        database, clock, counted = goods.database, SetClock(NOW), CountedChance()
        _, secret = created(database, "shop", ["all"], channel=CHANNEL, test=False, now=NOW, chance=counted)
        app = App(database, WebSettings(metrics_folder=str(folder / "metrics")), clock, counted)
        client = Client(app, {"Authorization": f"Bearer {secret}"})
        try:
            house = House(database.path, database, client, clock, secret)
            yield Place(house, f"sqlite:///{folder / 'demo.db'}", tuple(items), tuple(customers))
        finally:
            client.close()


def told(answer: Any) -> Told:
    """What an answer says that one costs; every item of this company has a price for everyone."""
    assert answer["outcome"] == "price"
    return tuple(answer.get(field) for field in FIELDS)


def soap(house: House, item: str, customer: str) -> Told:
    """What a SOAP client is told."""
    body = envelope(price(item, f"<customer>{customer}</customer>"))
    answer = house.client.request("POST", "/soap", content=body.encode(), headers={"Content-Type": TYPE["1.1"]})
    root = etree.fromstring(answer.body)
    names = ("netPrice", "grossPrice", "per", "currency")
    return tuple(root.findtext(f".//{{{NAMESPACE}}}{name}") for name in names)


def test_hundreds_of_questions_have_one_price_each_wherever_they_are_asked(place: Place) -> None:
    house, asked = place.house, 0
    for customer in place.customers:
        page = house.get("/v1/items", priced_for=customer, sort="price", limit="200").json()
        catalogue = {row["item"]: told(row) for row in page["data"]}
        assert page["next"] is None
        token = token_of(house, customer, channel=CHANNEL)
        mine = {row["item"]: told(row) for row in me(house, token, "/items", params={"limit": "200"}).json()["data"]}
        for item in place.items:
            answer = house.price(item, customer=customer)
            expected = told(answer)
            assert soap(house, item, customer) == expected, (item, customer)
            asked += 1
            assert catalogue[item] == mine[item] == expected, (item, customer)
            assert told(me(house, token, f"/prices/{item}").json()) == expected
            if asked % ORDER_EACH == 0:
                assert bought(house, item, customer, str(asked)) == [expected] * 2
            if asked % SHELL_EACH == 0:
                in_shell(place, item, customer, answer)
    assert asked == ITEMS_COUNT * CUSTOMERS_COUNT


def bought(house: House, item: str, customer: str, number: str) -> list[Told]:
    """What one costs in a basket, and in the order that brings its quote."""
    lines = [{"item": item, "quantity": "1"}]
    basket = house.client.request("POST", "/v1/baskets", json={"customer": customer, "lines": lines}).json()
    order = house.order(
        number=number, customer=customer, currency=basket["lines"][0]["currency"], channel=CHANNEL,
        quote=basket["quote"], lines=lines, ordered_at=NOW.isoformat(),
    )  # fmt: skip
    assert order.status == 201, order.body
    return [told(basket["lines"][0]), told(order.json()["lines"][0]["price"])]


def in_shell(place: Place, item: str, customer: str, answer: Any) -> None:
    """That `listino price` prints the same price."""
    text = said(
        "price", item, "--customer", customer, "--channel", CHANNEL, "--at", NOW.isoformat(), url=place.url
    )  # fmt: skip
    (row,) = [row for row in rows(text) if row[0].startswith("Price per ")]
    assert row[1:] == [answer["net_price"], answer["gross_price"] or "–"], (item, customer)
    line = next(row for row in rows(text) if row[0].startswith("Line of "))
    assert line[1] == answer["net"]

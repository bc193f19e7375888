"""What a browser is not to know of: it looks as if it were not there, in one question and in many."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.web import browsers
from listino.web.browsers import EVEN_S, LEAD_S
from tests.browsers import me, token_of
from tests.shop import NOW, House, opened

SECRETS = ("price_list", "steps", "not_applied", "next_change_at", "flags", "segments", "rule", "cost", "margin",
           "customer", "visibility", "tax_mode", "usage_as_of", "stale_since", "price_source",
           "confidential")  # fmt: skip
# Why a browser is not to know of each item.
UNSEEN = ("no-such", "ended", "blocked", "not-rossis", "not-webs", "hidden", "bianchis")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield with_secrets(house)


def with_secrets(house: House) -> House:
    """The company with items of which rossi's browser is not to know, and one of which the price is on request."""
    house.put("items", "ended", status="ended")
    house.put("items", "blocked", status="blocked")
    for item in ("not-rossis", "not-webs", "bianchis", "hidden", "big"):
        house.put("items", item, packagings=[{"unit": "BX", "factor": "12"}])
    house.put("assortments", "of-web", exclude={"items": ["not-webs"]})
    house.put("assortments", "of-rossi", exclude={"items": ["not-rossis"]})
    house.put("channels", "web", currency="EUR", country="IT", assortment="of-web")
    house.put("customers", "rossi", customer_groups=["installers"], country="IT", assortment="of-rossi")
    house.put("price-lists", "under-the-table", currency="EUR", visibility="hidden")
    house.put("price-lists", "ask-us", currency="EUR", visibility="on_request")
    for item in ("not-rossis", "not-webs", "ended", "blocked"):
        house.put("rules", f"{item}-base", action="price", list="base", item=item, value="7")
    house.put("rules", "only-bianchis", action="price", item="bianchis", customer="bianchi", value="7")
    house.put("rules", "hidden-price", action="price", list="under-the-table", item="hidden", value="7")
    house.put("rules", "big-price", action="price", list="ask-us", item="big", value="4321")
    for name in ("under-the-table", "ask-us"):
        house.put("assignments", f"{name}-all", list=name)
    return house


def test_what_is_not_to_be_known_of_is_answered_as_what_is_not_there(house: House) -> None:
    token = token_of(house)
    for params in ({}, {"quantity": "5"}, {"unit": "BX"}, {"unit": "XYZ"}, {"ladder": "true"}):
        answers = [me(house, token, f"/prices/{item}", params=params) for item in UNSEEN]
        bodies = {one.body.replace(item.encode(), b"ITEM") for item, one in zip(UNSEEN, answers, strict=True)}
        assert ({one.status for one in answers}, len(bodies)) == ({404}, 1)
        assert len({tuple(sorted(one.headers)) for one in answers}) == 1
    assert me(house, token, "/prices/not-rossis/ladder").body == me(house, token, "/prices/not-rossis").body
    as_known = [house.get(f"/v1/prices/{item}", customer="rossi", channel="web").status for item in UNSEEN]
    assert as_known == [404, *([200] * 6)]


@pytest.mark.parametrize("path", ["/prices", "/basket"])
def test_lines_tell_no_more_than_single_questions(house: House, path: str) -> None:
    token = token_of(house)
    lines = [{"item": item, "id": item, "unit": unit} for item in UNSEEN for unit in (None, "BX", "XYZ")]
    answer = me(house, token, path, "POST", json={"lines": [*lines, {"item": "saw"}]}).json()
    errors = {str(line["error"]).replace(line["id"], "ITEM") for line in answer["lines"][:-1]}
    assert (len(errors), answer["lines"][-1]["net_price"]) == (1, "18.00")
    if path == "/basket":
        assert (answer["totals"]["net"], answer["quote"]) == ("18.00", None)


@pytest.mark.parametrize("item", ["no-such", "not-rossis"])
def test_a_refusal_leaves_at_the_next_of_fixed_instants(house: House, item: str, monkeypatch: Any) -> None:
    token = token_of(house)
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", noted)
    monkeypatch.setattr(browsers, "sleep", waits.append)
    for path, options in ((f"/prices/{item}", {}), ("/prices", {"json": {"lines": [{"item": item}]}})):
        waits.clear()
        me(house, token, path, "POST" if options else "GET", **options)
        # Two timers, and nothing that looks at the clock again and again.
        assert len(waits) == 2
        assert -LEAD_S <= waits[0] <= EVEN_S - LEAD_S
        assert 0 <= waits[1] <= EVEN_S


def amounts_of(house: House, item: str, quantity: str) -> set[str]:
    """What a key is told that rossi pays for an item, and what no page is to read: exact, by its own discounts."""
    told = house.price(item, customer="rossi", channel="web", quantity=quantity)
    names = ("net_price", "gross_price", "list_price", "net", "gross", "discount")
    return {told[name] for name in names if told.get(name) is not None}


def told_of(house: House, token: str, lines: list[dict[str, str]]) -> str:
    """All that a page is told of lines, wherever it asks; of quotes, which are drawn by chance, only that they are."""
    answers = [
        me(house, token, "/prices", "POST", json={"lines": lines, "ladder": True}),
        me(house, token, "/basket", "POST", json={"lines": lines}),
        me(house, token, "/items"),
        *(me(house, token, "/prices", params=line | {"ladder": "true"}) for line in lines),
    ]
    assert not {answer.status for answer in answers} & {400, 422, 500}
    return re.sub(r'"(epoch|quote)":"[^"]*"', "", " ".join(answer.body.decode() for answer in answers))


@pytest.mark.parametrize("visibility", ["on_request", "hidden"])
def test_of_what_is_on_request_or_hidden_no_amount_is_told(house: House, visibility: str) -> None:
    house.put("price-lists", "ask-us", currency="EUR", visibility=visibility)
    house.put("rules", "saw-by-the-hundred", action="price", list="ask-us", item="saw",
              scale={"tiers": [{"from": "100", "value": "4321"}]})  # fmt: skip
    token, secrets = token_of(house), amounts_of(house, "big", "3") | amounts_of(house, "saw", "100")
    assert {"3888.90", "388890.00"} <= secrets
    for lines in ([{"item": "saw"}], [{"item": "big", "quantity": "3"}, {"item": "saw"}],
                  [{"item": "saw", "quantity": "100"}, {"item": "hammer"}]):  # fmt: skip
        told = told_of(house, token, lines)
        assert {secret for secret in secrets if secret in told} == set()
    few = me(house, token, "/prices/saw", params={"ladder": "true"}).json()
    basket = me(house, token, "/basket", "POST", json={"lines": [{"item": "saw"}]}).json()
    assert ([one["net_price"] for one in few["ladder"]], few["next_break"]) == (["18.00"], None)
    assert (basket["lines"][0]["net_price"], basket["lines"][0]["next_break"]) == ("18.00", None)
    assert basket["quote"] is not None
    many = me(house, token, "/prices/saw", params={"quantity": "100"})
    single = me(house, token, "/prices/big", params={"ladder": "true", "quantity": "3"})
    if visibility == "hidden":
        assert (many.status, single.status) == (404, 404)
    else:
        assert [one.json().get("reason") for one in (many, single)] == ["on_request", "on_request"]
        assert {name for name in single.json() if "price" in name or "net" in name} <= {"net_price"}


@pytest.mark.parametrize("item", ["hidden", "big"])
def test_what_an_offer_adds_is_left_out_where_its_price_is_not_to_be_seen(house: House, item: str) -> None:
    house.put("rules", "beside", action="free_goods", value="50",
              offer={"quantity_from": "1", "item": item, "quantity": "1"})  # fmt: skip
    lines, token = [{"item": "saw", "quantity": "2"}], token_of(house)
    known = house.client.request(
        "POST", "/v1/baskets", json={"lines": lines, "customer": "rossi", "channel": "web"}
    ).json()
    assert [goods["item"] for goods in known["free_goods"]] == [item]
    answer = me(house, token, "/basket", "POST", json={"lines": lines})
    basket = answer.json()
    assert (basket["free_goods"], basket["totals"]["net"], basket["quote"]) == ([], "36.00", None)
    assert known["free_goods"][0]["net"].encode() not in answer.body
    house.put("rules", "beside", action="free_goods", value="50",
              offer={"quantity_from": "1", "item": "hammer", "quantity": "1"})  # fmt: skip
    basket = me(house, token, "/basket", "POST", json={"lines": lines}).json()
    assert ([goods["item"] for goods in basket["free_goods"]], basket["quote"] is None) == (["hammer"], False)


def names_in(said: Any) -> set[str]:
    if isinstance(said, list):
        return {name for one in said for name in names_in(one)}
    if isinstance(said, dict):
        return set(said) | {name for one in said.values() for name in names_in(one)}
    return set()


def test_no_answer_holds_what_is_the_companys(house: House) -> None:
    house.put("rules", "floor", action="limit", bound="min", basis="cost", item="hammer", value="150")
    house.put("rules", "deposit", action="amount", sign="charge", item="hammer", value="1", label="Deposit",
              own_line={"per": "unit"})  # fmt: skip
    house.put("rules", "freight", step="order", action="amount", sign="charge", value="5", label="Freight")
    house.put("rules", "dearer", action="price", list="web", item="hammer", value="98765", valid_from="2027-01-01")
    house.put("rules", "capped", action="percent", item="saw", value="5", caps={"quantity": "3", "beyond": "split"})
    token, line = token_of(house), {"item": "hammer", "quantity": "2"}
    answers = [
        me(house, token, "/prices/hammer/ladder"),
        me(house, token, "/prices", "POST", json={"lines": [line, {"item": "saw", "quantity": "9"}], "ladder": True}),
        me(house, token, "/basket", "POST", json={"lines": [line, {"item": "saw", "quantity": "9"}]}),
        me(house, token),
    ]
    assert {one.status for one in answers} == {200}
    told = set[str]().union(*(names_in(one.json()) for one in answers[:3]))
    assert told & set(SECRETS) == set()
    # What is drawn by chance may hold anything.
    text = re.sub(rb'"(epoch|quote)":"[^"]*"', b"", b"".join(one.body for one in answers))
    for secret in (b"installers", b"hammer-web", b"floor", b'deposit"', b"dearer", b"capped", b"2027", b"98765"):
        assert secret not in text, secret
    assert [own["label"] for own in answers[0].json()["own_lines"]] == ["Deposit"]


def test_a_quote_tells_a_page_nothing_and_an_order_with_it_is_taken(house: House) -> None:
    token = token_of(house)
    basket = me(house, token, "/basket", "POST", json={"lines": [{"item": "hammer", "quantity": "3"}]}).json()
    assert (basket["totals"]["gross"], basket["quote_expires_at"]) == ("31.29", basket["quote_expires_at"])
    assert basket["quote"].split(".")[0] == "lqs1"
    house.put("rules", "dearer", action="price", list="web", item="hammer", value="99")
    order = house.order(quote=basket["quote"], channel="web", ordered_at=house.clock().isoformat()).json()
    assert (order["held"], order["gross"]) == ([], "31.29")
    cut = house.order(number="2", quote=basket["quote"][:-2] + "AA", channel="web", ordered_at=NOW.isoformat()).json()
    assert cut["held"] == ["unknown_quote"]

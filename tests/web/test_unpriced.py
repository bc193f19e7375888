"""What customers asked for and got no price of becomes a worklist: counted, explained, gone once there is a price."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.core.errors import Unavailable
from listino.db import unpriced as table
from listino.db.engine import Database
from listino.db.unpriced import PairRow
from listino.flows.access import created
from listino.flows.price import Asked
from listino.flows.unpriced import Unpriced, listed
from tests.cli.test_commands import rows, said
from tests.server import listino, new_key, serving
from tests.shop import NOW, CountedChance, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        house.put("items", "drill", item_groups=["tools"])
        house.put("items", "nail")
        house.put("price-lists", "gold", currency="EUR")
        house.put("rules", "rossi-drill", action="price", customer="rossi", item="drill", label="Agreed",
                  scale={"tiers": [{"from": "10", "value": "90"}]})  # fmt: skip
        yield house


def ask(house: House, item: str, key: str | None = None, **params: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = house.client.request("GET", f"/v1/prices/{item}", params=params, headers=headers)
    assert answer.status == 200, answer.body
    return answer.json()


def worklist(house: House, key: str | None = None, **params: Any) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = house.client.request("GET", "/v1/unpriced", params=params, headers=headers)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def counts(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["item"], one["customer"], one["channel"], one["times"]) for one in found]


def a_key(house: House, *scopes: str, test: bool = False) -> str:
    chance = CountedChance(1_000 + house.database.read().access)
    return created(house.database, "other", scopes, channel=None, test=test, now=NOW, chance=chance)[1]


def test_what_was_asked_for_without_a_price_is_listed_with_how_often_and_what_came_nearest(house: House) -> None:
    assert worklist(house) == []
    ask(house, "drill", customer="rossi", channel="web", quantity="2", country="DE", coupons="K1")
    first_at = house.clock.at
    house.clock.at += timedelta(hours=1)
    assert ask(house, "drill", customer="rossi", channel="web", quantity="3")["outcome"] == "no_price"
    (one,) = worklist(house)
    assert one == {
        "item": "drill", "customer": "rossi", "channel": "web", "quantity": "3", "unit": "C62", "currency": "EUR",
        "country": None, "ship_to": None, "order_type": None, "coupons": [], "reason": "no_price",
        "text": "No price is stated for this item that this customer may have.",
        "nearest": {"step": "price", "rule": "rossi-drill", "label": "Agreed", "reason": "below_break",
                    "text": "It applies from 10."},
        "times": 2, "first_at": one["first_at"], "last_at": one["last_at"],
    }  # fmt: skip
    assert (one["first_at"] <= f"{first_at:%Y-%m-%dT%H:%M:%S.%f}Z" < one["last_at"], one["last_at"][11:13]) == (
        True,
        "13",
    )


def test_each_line_of_a_batch_counts_and_a_price_does_not(house: House) -> None:
    lines = [{"item": "drill"}, {"item": "saw"}, {"item": "nail"}, {"item": "nail", "quantity": "7"}, {"item": "none"}]
    answer = house.client.request("POST", "/v1/prices", json={"lines": lines, "customer": "bianchi"})
    outcomes = [line.get("outcome") for line in answer.json()["lines"]]
    assert outcomes == ["no_price", "price", "no_price", "no_price", None]
    assert counts(worklist(house)) == [("nail", "bianchi", None, 2), ("drill", "bianchi", None, 1)]
    assert worklist(house)[0]["quantity"] == "7"


@pytest.mark.parametrize(
    ("stated", "params", "reason", "nearest"),
    [
        ((), {}, "no_price", None),
        ((("rules", "gold-nail", {"action": "price", "list": "gold", "item": "nail", "value": "1"}),), {}, "no_price",
         ("gold-nail", "list_not_assigned", "The price list gold is not assigned to this customer.")),
        ((("rules", "soon", {"action": "price", "item": "nail", "value": "1", "valid_from": "2027-01-01"}),), {},
         "no_price", ("soon", "not_yet_valid", "It is valid from 2026-12-31T23:00:00Z.")),
        ((("rules", "usd", {"action": "price", "item": "nail", "value": "1", "currency": "USD"}),), {}, "no_price",
         ("usd", "no_rate", "Its value is in USD, and no exchange rate is valid at this moment.")),
        ((("rules", "by-cost", {"action": "price", "item": "nail", "formula": {"basis": "cost"}}),), {},
         "cost_unknown", ("by-cost", "cost_unknown", "The price comes from the cost, which is not stated.")),
        ((("rules", "nail-base", {"action": "price", "list": "base", "item": "nail", "value": "1"}),
          ("rules", "floor", {"action": "limit", "bound": "min", "basis": "cost", "item": "nail", "value": "110"})),
         {}, "limit_unknown", ("nail-base", "limit_unknown",
         "A limit cannot be checked, because the fact it starts from (the cost) is not stated.")),
        ((("rules", "nail-base", {"action": "price", "list": "base", "item": "nail", "value": "1"}),
          ("items", "nail", {"status": "blocked"})), {}, "item_blocked", None),
    ],
)  # fmt: skip
def test_the_reason_and_the_nearest_rule_are_those_of_now(
    house: House, stated: tuple[Any, ...], params: dict[str, str], reason: str, nearest: tuple[str, str, str] | None
) -> None:
    ask(house, "nail", customer="rossi", **params)
    for kind, code, fields in stated:
        house.put(kind, code, **fields)
    (one,) = worklist(house)
    found = one["nearest"]
    assert (one["reason"], found and (found["rule"], found["reason"], found["text"])) == (reason, nearest)


def test_an_entry_is_gone_for_good_once_the_pair_has_a_price(house: House) -> None:
    ask(house, "drill", customer="rossi")
    ask(house, "drill", customer="bianchi")
    house.put("rules", "rossi-drill-1", action="price", customer="rossi", item="drill", value="99")
    assert counts(worklist(house)) == [("drill", "bianchi", None, 1)]
    house.client.request("DELETE", "/v1/rules/rossi-drill-1")
    assert counts(worklist(house)) == [("drill", "bianchi", None, 1)]
    assert ask(house, "drill", customer="rossi")["outcome"] == "no_price"
    assert counts(worklist(house)) == [("drill", "rossi", None, 1), ("drill", "bianchi", None, 1)]


def test_an_entry_is_asked_again_with_all_that_the_question_said(house: House) -> None:
    house.put("rules", "roofers", action="price", item="nail", value="1", attributes={"trade": "roofer"},
              dated_by="delivery", valid_from="2026-12-01")  # fmt: skip
    ask(house, "nail", customer="rossi", attributes="trade:baker", delivery_at="2026-12-24")
    ask(house, "nail", customer="bianchi", attributes="trade:roofer", delivery_at="2026-11-25")
    assert counts(worklist(house)) == [("nail", "bianchi", None, 1), ("nail", "rossi", None, 1)]
    house.put("rules", "roofers", action="price", item="nail", value="1", attributes={"trade": "roofer"},
              dated_by="delivery", valid_from="2026-11-24")  # fmt: skip
    assert counts(worklist(house)) == [("nail", "rossi", None, 1)]
    house.put("rules", "bakers", action="price", item="nail", value="1", attributes={"trade": "baker"},
              dated_by="delivery", valid_from="2026-12-01")  # fmt: skip
    assert worklist(house) == []


def test_an_entry_is_gone_when_nobody_can_ask_for_it_any_more(house: House) -> None:
    ask(house, "nail", customer="bianchi")
    ask(house, "drill", customer="bianchi")
    assert house.client.request("DELETE", "/v1/items/nail").status == 200
    assert counts(worklist(house)) == [("drill", "bianchi", None, 1)]
    assert house.client.request("DELETE", "/v1/customers/bianchi").status == 200
    assert worklist(house) == []


def test_questions_of_another_day_another_book_or_a_test_do_not_count(house: House) -> None:
    revision = house.database.read().revision
    for params in ({"at": "2026-11-01"}, {"at": "2027-01-01"}, {"known_at": str(revision)}):
        assert ask(house, "nail", **params)["outcome"] == "no_price"
    asked: dict[str, Any]
    for asked in ({"at": "2026-11-01"}, {"known_at": revision}):
        house.client.request("POST", "/v1/prices", json={"lines": [{"item": "nail"}], **asked})
    assert ask(house, "nail", a_key(house, "prices:read", test=True))["outcome"] == "no_price"
    assert house.get("/v1/prices/nothing").status == 404
    assert worklist(house) == []
    ask(house, "nail", at=f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
    assert counts(worklist(house)) == [("nail", None, None, 1)]


def test_the_list_is_filtered_and_read_page_by_page_the_most_asked_for_first(house: House) -> None:
    asked = ((3, "nail", "rossi", "web"), (1, "nail", None, "web"), (2, "drill", "bianchi", None),
             (1, "nail", "bianchi", None))  # fmt: skip
    for times, item, customer, channel in asked:
        who = {"customer": customer, "channel": channel}
        for _ in range(times):
            ask(house, item, **{name: code for name, code in who.items() if code is not None})
    everything = [("nail", "rossi", "web", 3), ("drill", "bianchi", None, 2), ("nail", "bianchi", None, 1),
                  ("nail", None, "web", 1)]  # fmt: skip
    assert counts(worklist(house)) == everything
    assert counts(worklist(house, item="nail")) == [one for one in everything if one[0] == "nail"]
    assert counts(worklist(house, customer="bianchi", item="drill")) == [("drill", "bianchi", None, 2)]
    assert counts(worklist(house, channel="web")) == [one for one in everything if one[2] == "web"]
    assert (len(worklist(house, reason="no_price")), worklist(house, reason="item_blocked")) == (4, [])
    pages: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = house.get("/v1/unpriced", limit=2, **after).json()
        pages.append(counts(page["data"]))
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == [everything[:2], everything[2:]]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "limit"), ({"after": "x"}, "after"), ({"after": "1~~"}, "after"), ({"brand": "b"}, "brand"),
        ({"item": "a\tb"}, "item"), ({"customer": ""}, "customer"),
    ],
)  # fmt: skip
def test_what_the_list_cannot_be_asked_by_is_refused(house: House, params: dict[str, str], field: str) -> None:
    answer = house.get("/v1/unpriced", **params)
    assert (answer.status, [fault["field"] for fault in answer.json()["errors"]]) == (400, [field])


def test_the_list_needs_facts_read_and_the_nearest_rule_explain_full(house: House) -> None:
    ask(house, "drill", customer="rossi")
    assert house.client.request(
        "GET", "/v1/unpriced", headers={"Authorization": f"Bearer {a_key(house, 'prices:read')}"}
    ).json()["code"] == "scope_missing"  # fmt: skip
    (one,) = worklist(house, a_key(house, "facts:read"))
    assert (one["reason"], one["nearest"]) == ("no_price", None)
    assert worklist(house, a_key(house, "facts:read", "explain:full"))[0]["nearest"]["rule"] == "rossi-drill"


def test_the_command_lists_it_for_people_and_for_programs(house: House) -> None:
    ask(house, "drill", customer="rossi", channel="web")
    ask(house, "nail")
    ask(house, "nail")
    worklist(house)
    url = f"sqlite:///{house.path}"
    since = "2026-11-23"
    no_price = "No price is stated for this item that this customer may have."
    assert rows(said("unpriced", url=url)) == [
        ["nail", "any guest", "", "2", since, since, no_price],
        ["drill", "rossi", "web", "1", since, since, "Agreed (rossi-drill): It applies from 10."],
    ]
    lines = said("unpriced", "--json", "--customer", "rossi", url=url).splitlines()
    assert [msgspec.json.decode(line)["item"] for line in lines] == ["drill"]
    assert "There are more: these are the first 1;" in said("unpriced", "--limit", "1", url=url)
    assert said("unpriced", "--item", "saw", url=url) == "Nothing that was asked for is without a price.\n"


def test_a_process_counts_so_many_pairs_and_drops_the_rarest(house: House) -> None:
    counted = Unpriced(pairs_max=8)
    for number in range(8):
        code = f"item-{number}"
        house.put("items", code)
        for _ in range(1 + number % 4):
            counted.note(Asked(code, house.clock()), NOW)
    counted.note(Asked("nail", house.clock()), NOW)
    counted.write_down(house.database)
    found = [(one.asked.item, one.times) for one in listed(house.database, {}, None, 100, NOW)[0]]
    # Of the two that were asked for once both went, as a quarter of the room is made at once; then the nail came.
    assert found == [
        ("item-7", 4),
        ("item-3", 4),
        ("item-6", 3),
        ("item-2", 3),
        ("item-5", 2),
        ("item-1", 2),
        ("nail", 1),
    ]


def test_the_table_keeps_so_many_pairs_and_drops_the_rarest_of_them_the_longest_ago(house: House) -> None:
    pairs = [PairRow(f"i{n}", "", "", 1 + n // 5, "a", f"2026-01-0{1 + n % 5}", "{}") for n in range(10)]
    house.database.write(lambda tx: table.add(tx, pairs))
    house.database.write(lambda tx: table.drop_rarest(tx, 10, 2))
    connection = house.database.read().connection
    assert connection.execute("SELECT count(*) FROM unpriced").fetchone() == (10,)
    house.database.write(lambda tx: table.drop_rarest(tx, 8, 1))
    left = connection.execute("SELECT item FROM unpriced ORDER BY item").fetchall()
    assert [item for (item,) in left] == ["i3", "i4", "i5", "i6", "i7", "i8", "i9"]


def test_what_could_not_be_written_down_stays_counted(house: House) -> None:
    counted = Unpriced()
    counted.note(Asked("nail", NOW, quantity=Decimal(2)), NOW)
    with closing(Database(f"sqlite:///{house.path}")) as gone:
        pass
    with pytest.raises(Unavailable):
        counted.write_down(gone)
    counted.note(Asked("nail", NOW + timedelta(seconds=1)), NOW)
    counted.write_down(house.database)
    counted.write_down(house.database)
    ((one,), following) = listed(house.database, {}, None, 100, NOW)
    assert (one.times, one.asked.quantity, one.first_at, following) == (
        2,
        Decimal(1),
        "2026-11-23T12:00:00.000000Z",
        None,
    )


def test_several_workers_add_up_and_write_down_what_they_counted_when_they_stop(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.put("items", "nail")
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with serving(url, new_key(url), workers=2) as server:
        for _ in range(40):
            assert server.ask("GET", "/v1/prices/nail?customer=rossi").json()["outcome"] == "no_price"
    done = listino("unpriced", "--json", "--database", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [
        (one["item"], one["customer"], one["times"]) for one in map(msgspec.json.decode, done.stdout.splitlines())
    ] == [("nail", "rossi", 40)]

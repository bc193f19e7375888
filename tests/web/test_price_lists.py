"""All prices of a customer: what asking each item would answer, at one revision, line by line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.web.streams import STREAMS_MAX
from tests.asgi import Client
from tests.server import new_key, serving
from tests.shop import House, opened

HEAD = {"record": "price_list", "customer": "rossi", "channel": None, "currency": "EUR"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def listed(house: House, customer: str = "rossi", **params: str) -> list[dict[str, Any]]:
    answer = house.get(f"/v1/customers/{customer}/price-list", **params)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.body
    return answer.lines()


def items(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert (lines[0]["record"], lines[-1]["record"]) == ("price_list", "end")
    assert lines[-1]["items"] == len(lines) - 2
    assert [line["item"] for line in lines[1:-1]] == sorted(line["item"] for line in lines[1:-1])
    return {line["item"]: line for line in lines[1:-1]}


def test_it_lists_every_item_with_its_price_and_breaks(house: House) -> None:
    head, hammer, saw, end = listed(house)
    assert head.items() >= (HEAD | {"revision": 1}).items()
    assert hammer == {
        "record": "item", "item": "hammer", "name": None, "unit": "C62", "per": "1", "from": "1", "currency": "EUR",
        "net_price": "8.55", "gross_price": "10.43", "list_price": "9.50", "price_list": "web", "tax_percent": "22",
        "breaks": [{"from": "10", "net_price": "8.10", "gross_price": "9.88", "per": "1"}], "valid_until": None,
    }  # fmt: skip
    assert (saw["net_price"], saw["list_price"], saw["price_list"], saw["breaks"]) == ("18.00", "20.00", "base", [])
    assert end == {"record": "end", "items": 2, "without_price": 0}


def test_each_line_is_what_asking_the_item_alone_answers(house: House) -> None:
    for number in range(250):  # Several pieces of work.
        house.put("items", f"nail-{number:03d}", item_groups=["tools"], unit="MTR" if number % 3 else "C62")
        house.put("rules", f"nail-{number:03d}", action="price", list="base", item=f"nail-{number:03d}",
                  scale={"tiers": [{"from": "0.5", "value": f"{number + 2}"}, {"from": "7", "value": f"{number + 1}"}]},
                  per="100", valid_to="2027-01-01" if number % 2 else "9999-12-31")  # fmt: skip
    found = items(listed(house))
    assert len(found) == 252
    for code, line in found.items():
        start = line["from"]
        price = house.price(code, customer="rossi", quantity=start, ladder="true")
        assert [line[name] for name in ("net_price", "gross_price", "list_price", "per", "price_list", "unit")] == [
            price[name] for name in ("net_price", "gross_price", "list_price", "per", "price_list", "unit")
        ]
        assert [{"from": start, **{name: line[name] for name in ("net_price", "gross_price", "per")}},
                *line["breaks"]] == price["ladder"]  # fmt: skip
        assert line["valid_until"] == price["next_change_at"]


def test_what_cannot_be_bought_is_left_out_and_what_has_no_price_is_counted(house: House) -> None:
    house.put("items", "new")
    house.put("items", "old", status="blocked")
    house.put("items", "secret", item_groups=["hammers"])
    house.put("rules", "secret", action="price", list="base", item="secret", value="1")
    house.put("assortments", "open", exclude={"items": ["secret"]})
    house.put("customers", "bianchi", country="IT", assortment="open")
    lines = listed(house, "bianchi")
    assert (set(items(lines)), lines[-1]["without_price"]) == ({"hammer", "saw"}, 1)


def test_an_item_sold_from_a_quantity_on_is_listed_with_that(house: House) -> None:
    house.put("items", "screw")
    house.put("rules", "screw", action="price", list="base", item="screw",
              scale={"tiers": [{"from": "50", "value": "0.12"}, {"from": "500", "value": "0.10"}]})  # fmt: skip
    screw = items(listed(house))["screw"]
    assert (screw["from"], screw["net_price"], [one["from"] for one in screw["breaks"]]) == ("50", "0.12", ["500"])


def test_a_line_holds_until_any_of_its_breaks_could_change(house: House) -> None:
    house.put("rules", "bulk", action="percent", item="saw", step="promotion",
              scale={"tiers": [{"from": "100", "value": "5"}]}, valid_from="2027-03-01")  # fmt: skip
    saw = items(listed(house))["saw"]
    assert (saw["breaks"], saw["valid_until"]) == ([], "2027-02-28T23:00:00Z")
    assert house.price("saw", customer="rossi")["next_change_at"] is None
    later = items(listed(house, at="2027-03-01"))["saw"]
    assert [(one["from"], one["net_price"]) for one in later["breaks"]] == [("100", "17.10")]


def test_it_is_of_any_day_and_as_known_at_any_revision(house: House) -> None:
    house.put("rules", "saw-2027", action="price", list="base", item="saw", value="24", valid_from="2027-01-01")
    assert items(listed(house))["saw"]["net_price"] == "18.00"
    assert items(listed(house, at="2027-01-01"))["saw"]["net_price"] == "21.60"
    known = listed(house, at="2027-01-01", known_at="1")
    assert (known[0]["revision"], items(known)["saw"]["net_price"]) == (1, "18.00")


def test_it_takes_the_context_of_a_price(house: House) -> None:
    house.put("rates", "chf", currency="EUR", to_currency="CHF", rate="0.95")
    house.put("taxes", "ch", percent="8.1", country="CH")
    lines = listed(house, channel="web", currency="CHF", country="CH")
    assert (lines[0]["channel"], lines[0]["currency"]) == ("web", "CHF")
    assert (items(lines)["saw"]["net_price"], items(lines)["saw"]["tax_percent"]) == ("17.10", "8.1")


def test_names_are_in_the_language_that_is_asked_for(house: House) -> None:
    house.put("items", "saw", item_groups=["tools"], name={"en": "Saw", "it": "Sega"})
    path = "/v1/customers/rossi/price-list"
    answer = house.client.request("GET", path, headers={"accept-language": "it-CH,de"})
    assert [line.get("name") for line in answer.lines()] == [None, None, "Sega", None]


def test_csv_has_a_row_an_item_and_nothing_that_a_spreadsheet_would_run(house: House) -> None:
    house.put("items", "=saw", item_groups=["tools"], name="+1")
    house.put("rules", "=saw", action="price", list="base", item="=saw",
              scale={"tiers": [{"up_to": "5", "value": "7"}, {"value": "6"}]})  # fmt: skip
    header = (
        "item,name,unit,per,from,currency,net_price,gross_price,list_price,price_list,tax_percent,breaks,valid_until,"
        "visibility"
    )
    rows = [
        "'=saw,'+1,C62,1,1,EUR,6.30,7.69,7.00,base,22,>5:5.40,,",
        "hammer,,C62,1,1,EUR,8.55,10.43,9.50,web,22,10:8.10,,",
        "saw,,C62,1,1,EUR,18.00,21.96,20.00,base,22,,,",
    ]
    by_name = house.get("/v1/customers/rossi/price-list", format="csv")
    by_header = house.client.request("GET", "/v1/customers/rossi/price-list", headers={"accept": "text/csv"})
    for answer in (by_name, by_header):
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.body.decode().splitlines() == [header, *rows]


def test_a_customers_code_may_hold_slashes_and_a_head_has_no_body(house: House) -> None:
    house.put("customers", "north/1", country="IT")
    assert listed(house, "north/1")[0]["customer"] == "north/1"
    head = house.client.request("HEAD", "/v1/customers/north/1/price-list")
    assert (head.status, head.headers["content-type"], head.body) == (200, "application/x-ndjson", b"")


def test_a_list_that_broke_off_goes_on_behind_its_last_item(house: House) -> None:
    lines = listed(house, after="hammer", known_at="1")
    assert [line.get("item") for line in lines] == [None, "saw", None]


@pytest.mark.parametrize(
    ("path", "params", "status", "field"),
    [
        ("nobody", {}, 404, "customer"),
        ("rossi", {"channel": "none"}, 404, "channel"),
        ("rossi", {"at": "yesterday"}, 400, "at"),
        ("rossi", {"at": "2026-02-30"}, 400, "at"),
        ("rossi", {"known_at": "99"}, 400, "known_at"),
        ("rossi", {"known_at": "2099-01-01"}, 400, "known_at"),
        ("rossi", {"currency": "euro"}, 400, "currency"),
        ("rossi", {"country": "Italy"}, 400, "country"),
        ("rossi", {"format": "xml"}, 400, "format"),
        ("rossi", {"after": "a\x1fb"}, 400, "after"),
        ("rossi", {"item": "saw"}, 400, "item"),
        ("a\x07b", {}, 400, "customer"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_listed(
    house: House, path: str, params: dict[str, str], status: int, field: str
) -> None:
    answer = house.get(f"/v1/customers/{path}/price-list", **params)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_future_needs_a_scope_of_its_own(house: House) -> None:
    key = new_key(f"sqlite:///{house.path}", "prices:read")
    path, headers = "/v1/customers/rossi/price-list", {"Authorization": f"Bearer {key}"}
    assert house.client.request("GET", path, headers=headers).status == 200
    ahead = house.client.request("GET", path, headers=headers, params={"at": "2027-01-01"})
    assert (ahead.status, ahead.json()["code"]) == (403, "scope_missing")
    facts = new_key(f"sqlite:///{house.path}", "facts:read")
    refused = house.client.request("GET", path, headers={"Authorization": f"Bearer {facts}"})
    assert (refused.status, refused.json()["code"]) == (403, "scope_missing")


def test_what_is_committed_meanwhile_is_not_in_the_list(house: House) -> None:
    """The list is read piece by piece, and all pieces belong to the revision of the first line."""
    many(house, 300)

    def commit_between(client: Client) -> list[Any]:
        change = {"kind": "rules", "code": "saw-base", "action": "price", "list": "base", "item": "saw", "value": "99"}
        path = "/v1/customers/rossi/price-list"
        return client.together(
            [("GET", path, {}), ("POST", "/v1/changes", {"json": [change], "params": {"confirm": "true"}})]
        )

    stream, changed = commit_between(house.client)
    assert (stream.status, changed.status) == (200, 200)
    lines = stream.lines()
    by_the_book = house.price("saw", customer="rossi", known_at=lines[0]["revision"])["net_price"]
    assert items(lines)["saw"]["net_price"] == by_the_book
    assert items(listed(house))["saw"]["net_price"] == "89.10"


def test_nobody_is_listed_to_who_has_gone_and_others_are_answered(house: House) -> None:
    many(house, 400)
    path = "/v1/customers/rossi/price-list"
    for _ in range(STREAMS_MAX + 1):  # Each that is left makes room for the next.
        cut = house.client.request("GET", path, gone_after=2)
        assert 0 < len(cut.lines()) < 200
        assert cut.lines()[-1]["record"] == "item"
    assert len(items(listed(house))) == 402


def test_no_more_streams_than_a_process_can_bear(house: House) -> None:
    many(house, 200)
    answers = house.client.together([("GET", "/v1/customers/rossi/price-list", {}) for _ in range(STREAMS_MAX + 1)])
    assert sorted(answer.status for answer in answers) == [200] * STREAMS_MAX + [503]
    refused = next(answer for answer in answers if answer.status == 503)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("busy", "10")
    assert len(items(listed(house))) == 202


def many(house: House, count: int) -> None:
    changes = [
        change
        for number in range(count)
        for change in (
            {"kind": "items", "code": f"n{number:03d}"},
            {"kind": "rules", "code": f"n{number:03d}", "action": "price", "list": "base", "item": f"n{number:03d}",
             "value": "1"},
        )
    ]  # fmt: skip
    assert house.client.request("POST", "/v1/changes", json={"changes": changes}).status == 200


def test_a_server_that_ends_ends_its_streams(tmp_path: Path) -> None:
    """A client that reads nothing more does not hold up the end of the server."""
    with opened(tmp_path) as house:
        house.put("rules", "tools", action="price", list="base", item_group="tools", value="1")
        # More than the sockets between us take in at once.
        wide = [
            {"kind": "items", "code": f"n{n:04d}", "item_groups": ["tools"], "name": "x" * 3900} for n in range(4000)
        ]
        body = b"\n".join(map(msgspec.json.encode, wide))
        headers = {"content-type": "application/x-ndjson"}
        assert house.client.request("POST", "/v1/changes", content=body, headers=headers).status == 200
        url = f"sqlite:///{house.path}"
    with serving(url, new_key(url)) as server:
        connection = server.connect()
        connection.request("GET", "/v1/customers/rossi/price-list", headers={"Authorization": f"Bearer {server.key}"})
        response = connection.getresponse()
        assert response.status == 200
        server.process.terminate()
        last = response.read().splitlines()[-1]
        connection.close()
        assert server.process.wait(20) == 0
        assert b'"record":"error"' in last
        assert b'"code":"server_ends"' in last

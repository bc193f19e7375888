"""Webhooks through their doors: made, read, changed, given a new secret, ended; messages listed and sent again."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import created
from listino.flows.webhook_checks import Targets
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client, Response
from tests.shop import NOW, CountedChance, House, SetClock, opened

URL = "https://hooks.example.com/listino"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as one:
        yield one


def hook(house: House, **said: Any) -> dict[str, Any]:
    answer = house.client.request("POST", "/v1/webhooks", json={"url": URL} | said)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json()
    return made


def ask(house: House, method: str, path: str, **said: Any) -> Response:
    return house.client.request(method, f"/v1/webhooks{path}", json=said)


def deliveries(house: House, webhook_id: str, **params: str) -> list[dict[str, Any]]:
    answer = house.get(f"/v1/webhooks/{webhook_id}/deliveries", **params)
    assert answer.status == 200, answer.body
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(house: House) -> None:
    made = hook(house, events=["order.*"], description="the shop")
    secret = made.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert made == {
        "id": made["id"], "url": URL, "events": ["order.*"], "description": "the shop", "state": "active",
        "created_at": made["created_at"], "failing_since": None, "text": None, "deliveries": {},
    }  # fmt: skip
    assert house.get(f"/v1/webhooks/{made['id']}").json() == made
    assert house.get("/v1/webhooks").json() == {"data": [made], "next": None}
    assert secret not in house.get("/v1/webhooks").body.decode()


def test_what_is_not_said_anew_is_as_if_it_had_never_been_and_the_secret_stays(house: House) -> None:
    made = hook(house, events=["order.*"], description="the shop")
    changed = ask(house, "PUT", f"/{made['id']}", url=URL + "/2", state="paused").json()
    assert (changed["url"], changed["events"], changed["description"], changed["state"]) == (
        URL + "/2", ["*"], None, "paused",
    )  # fmt: skip
    assert "secret" not in changed


def test_an_ended_webhook_is_gone_with_its_deliveries(house: House) -> None:
    made = hook(house)
    house.order()
    assert ask(house, "DELETE", f"/{made['id']}").status == 200
    for method, path in [
        ("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/rotate"), ("POST", "/replay"),
    ]:  # fmt: skip
        said = {"url": URL} if method == "PUT" else {"message": "msg_x"} if path == "/replay" else {}
        answer = house.client.request(
            method, f"/v1/webhooks/{made['id']}{path}", json=said if method in {"PUT", "POST"} else None
        )
        assert (answer.status, answer.json()["code"]) == (404, "unknown_webhook"), path
    (left,) = house.database.read().connection.execute("SELECT count(*) FROM webhook_delivery").fetchone()
    assert left == 0


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"url": "http://hooks.example.com/"}, "url", "https_required"),
    ({"url": "ftp://hooks.example.com/"}, "url", "https_required"),
    ({"url": "hooks.example.com"}, "url", "not_an_address"),
    ({"url": "https:///x"}, "url", "not_an_address"),
    ({"url": "https://a b.example/"}, "url", "not_an_address"),
    ({"url": "https://hooks.example.com:99999/"}, "url", "not_an_address"),
    ({"url": "https://user:pass@hooks.example.com/"}, "url", "not_an_address"),
    ({"url": "https://hooks.example.com/#x"}, "url", "not_an_address"),
    ({"url": "https://hooks.example.com/" + "x" * 2000}, "url", "not_an_address"),
    ({"url": "https://127.0.0.1/"}, "url", "address_refused"),
    ({"url": "https://[::1]/"}, "url", "address_refused"),
    ({"url": "https://169.254.169.254/latest/meta-data"}, "url", "address_refused"),
    ({"url": "https://[::ffff:10.0.0.1]/"}, "url", "address_refused"),
    ({"url": "https://localhost/"}, "url", "address_refused"),
    ({"url": "https://erp/"}, "url", "address_refused"),
    ({"url": "https://erp.internal./"}, "url", "address_refused"),
    ({"url": URL, "events": []}, "events", "missing"),
    ({"url": URL, "events": ["order.*", "order.lost"]}, "events[1]", "not_a_choice"),
    ({"url": URL, "state": "disabled"}, "state", "not_a_choice"),
    ({"url": URL, "description": "x" * 501}, "description", "too_long"),
    ({"url": URL, "secret": "whsec_mine"}, "secret", "unknown_field"),
    ({}, "url", "missing"),
]


@pytest.mark.parametrize(("said", "field", "code"), REFUSED)
def test_what_cannot_be_a_webhook_is_refused_with_its_field_and_the_remedy(
    house: House, said: dict[str, Any], field: str, code: str
) -> None:
    answer = house.client.request("POST", "/v1/webhooks", json=said)
    assert answer.status == 400, answer.body
    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == (field, code)
    assert error["remedy"]
    assert house.get("/v1/webhooks").json()["data"] == []


def test_a_name_that_leads_inside_is_refused_and_an_allowed_network_is_not(house: House) -> None:
    names = {
        "public.example": ("93.184.216.34",),
        "rebound.example": ("93.184.216.34", "10.9.0.1"),
        "in": ("10.1.2.3",),
    }
    targets = Targets((ip_network("10.1.0.0/16"),), lambda name: names.get(name, ()))
    settings = WebSettings(metrics_folder=str(house.path.parent / "m2"), webhook_targets=targets)
    client = Client(
        App(house.database, settings, SetClock(), CountedChance(1000)), {"Authorization": f"Bearer {house.key}"}
    )
    try:
        statuses = {
            url: client.request("POST", "/v1/webhooks", json={"url": url}).status
            for url in (
                "https://public.example/", "https://rebound.example/", "https://in/", "http://10.1.9.9/",
                "https://10.2.0.1/", "https://unknown.example/",
            )
        }  # fmt: skip
    finally:
        client.close()
    assert list(statuses.values()) == [201, 400, 201, 201, 400, 201]


def test_only_a_key_with_the_scope_may_see_or_change_webhooks(house: House) -> None:
    made = hook(house)
    _, secret = created(
        house.database, "reader", ["orders:read"], channel=None, test=False, now=NOW, chance=CountedChance(500)
    )
    for method, path in [
        ("GET", ""), ("POST", ""), ("GET", f"/{made['id']}"), ("PUT", f"/{made['id']}"), ("DELETE", f"/{made['id']}"),
        ("POST", f"/{made['id']}/rotate"), ("POST", f"/{made['id']}/replay"), ("GET", f"/{made['id']}/deliveries"),
    ]:  # fmt: skip
        answer = house.client.request(
            method, f"/v1/webhooks{path}", json={"url": URL} if method in {"PUT", "POST"} else None,
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip
        assert (answer.status, answer.json()["code"]) == (403, "scope_missing"), path
    assert house.get(f"/v1/webhooks/{made['id']}").json()["state"] == "active"


def test_a_message_is_written_with_the_order_for_those_who_want_it_alone(house: House) -> None:
    wants, does_not = hook(house, events=["order.*"]), hook(house, events=["price.changed"])
    paused = hook(house, state="paused")
    order = house.order().json()["id"]
    told = deliveries(house, wants["id"])
    assert [(one["type"], one["state"], one["message"]) for one in told] == [
        ("order.placed", "waiting", f"msg_{order}_2"),
        ("order.accepted", "waiting", f"msg_{order}_1"),
    ]
    assert deliveries(house, does_not["id"]) == deliveries(house, paused["id"]) == []
    assert house.get(f"/v1/webhooks/{wants['id']}").json()["deliveries"] == {"waiting": 2}
    body = house.database.read().connection.execute("SELECT body FROM webhook_message ORDER BY id").fetchall()
    assert [row[0] for row in body] == [
        f'{{"type":"order.{event}","timestamp":"{told[0]["at"]}","data":{{"order":"{order}","store":"shop",'
        f'"number":"1001","customer":"rossi","state":"{event}","test":false}}}}'
        for event in ("accepted", "placed")
    ]


def test_a_held_order_tells_its_reasons_and_a_repeat_tells_nothing_new(house: House) -> None:
    made = hook(house, events=["order.held"])
    house.order(customer="nobody")
    house.order(customer="nobody")
    (told,) = deliveries(house, made["id"])
    (body,) = house.database.read().connection.execute("SELECT body FROM webhook_message").fetchone()
    assert '"reasons":["unknown_customer"]' in body
    assert told["type"] == "order.held"


def test_an_order_that_is_refused_tells_nothing(house: House) -> None:
    made = hook(house)
    assert house.order(lines=[]).status == 400
    assert deliveries(house, made["id"]) == []


def test_without_a_webhook_nothing_is_written_beside_an_order(house: House) -> None:
    house.order()
    connection = house.database.read().connection
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in
              ("webhook_message", "webhook_delivery", "task")]  # fmt: skip
    assert counts == [0, 0, 0]


def test_steps_of_an_orders_life_are_told(house: House) -> None:
    made = hook(house, events=["order.life", "order.cancelled"])
    first, second = house.order().json()["id"], house.order(number="1002").json()["id"]
    house.client.request("POST", f"/v1/orders/{first}/steps", json={"state": "shipped"})
    house.client.request("POST", f"/v1/orders/{second}/steps", json={"state": "cancelled"})
    told = [(one["type"], one["message"].split("_")[1]) for one in deliveries(house, made["id"])]
    assert told == [("order.cancelled", second), ("order.life", first)]


def test_deliveries_come_in_pages_and_by_state(house: House) -> None:
    made = hook(house)
    for number in range(5):
        house.order(number=str(number))
    path = f"/v1/webhooks/{made['id']}/deliveries"
    seen, after = [], None
    while True:
        page = house.get(path, limit="4", **({"after": after} if after else {})).json()
        seen += [one["id"] for one in page["data"]]
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 10
    assert deliveries(house, made["id"], state="delivered") == []
    assert house.get(path, state="lost").status == 400
    assert house.get(path, after="x").status == 400


def test_a_rotation_is_bounded(house: House) -> None:
    made = hook(house)
    answer = ask(house, "POST", f"/{made['id']}/rotate", overlap_hours=169)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "overlap_hours")
    rotated = ask(house, "POST", f"/{made['id']}/rotate").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["secret"] not in house.get(f"/v1/webhooks/{made['id']}").body.decode()


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 400, "missing"),
        ({"from": "2026-11-23T00:00:00Z"}, 400, "missing"),
        ({"message": "m", "from": "2026-11-23T00:00:00Z"}, 400, "missing"),
        ({"from": "2026-11-23T00:00:00Z", "to": "2026-11-23T00:00:00Z"}, 400, "out_of_range"),
        ({"from": "2026-11-23T00:00:00", "to": "2026-11-24T00:00:00Z"}, 400, "not_an_instant"),
        ({"from": "yesterday", "to": "2026-11-24T00:00:00Z"}, 400, "malformed"),
        ({"message": "msg_unknown"}, 404, "unknown_message"),
    ],
)
def test_a_replay_that_names_nothing_is_refused(house: House, said: dict[str, Any], status: int, code: str) -> None:
    made = hook(house)
    answer = house.client.request("POST", f"/v1/webhooks/{made['id']}/replay", json=said)
    assert (answer.status, answer.json()["code"]) == (status, code), answer.body


def test_messages_from_before_a_webhook_was_made_can_be_asked_for(house: House) -> None:
    hook(house)
    house.order()
    later = hook(house, events=["order.placed"])
    said = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}
    assert ask(house, "POST", f"/{later['id']}/replay", **said).json() == {"replayed": 1}
    assert [one["type"] for one in deliveries(house, later["id"])] == ["order.placed"]
    ask(house, "PUT", f"/{later['id']}", url=URL, state="paused")
    refused = ask(house, "POST", f"/{later['id']}/replay", **said)
    assert (refused.status, refused.json()["code"]) == (409, "not_active")

"""A page is told its prices as they change: no more than it may see, from its origins alone, until its token ends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import revoked
from listino.web.rest import me_live
from tests.browsers import PAGE, me, token_of
from tests.shop import NOW, House, opened
from tests.streaming import Event, Readers, Stream, reading

HEAD = ("at", "revision", "epoch")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def readers(house: House) -> Iterator[Readers]:
    with reading(house.client.app, {"Origin": PAGE}) as readers:
        yield readers


def watching(readers: Readers, token: str, *items: str, **params: Any) -> tuple[Stream, dict[int, Event]]:
    """A page's stream, and what it was told first."""
    stream = readers.open("/v1/me/stream", {"token": token, "item": items, **params})
    assert stream.status == 200, stream.body
    assert stream.next().kind == "ready"
    return stream, stream.prices(len(items))


def test_a_page_is_told_what_it_would_be_answered_and_again_when_that_changes(house: House, readers: Readers) -> None:
    token = token_of(house)
    stream, told = watching(readers, token, "hammer", "saw", quantity=["10", "1"], unit=["", ""])
    assert (stream.headers["access-control-allow-origin"], stream.headers["cache-control"]) == (PAGE, "no-store")
    assert "Origin" in stream.headers["vary"]
    lines = [{"item": "hammer", "quantity": "10"}, {"item": "saw"}]
    batch = me(house, token, "/prices", "POST", json={"lines": lines}).json()
    for place, line in enumerate(batch["lines"], 1):
        said = {name: value for name, value in told[place].data.items() if name not in {*HEAD, "line", "stock"}}
        assert said == {name: value for name, value in line.items() if name != "id"} | {"shows": "both"}
    house.put("rules", "bianchi", action="price", customer="bianchi", item="saw", value="1")  # Another's.
    house.put("channels", "web", currency="EUR", country="IT", shows="gross")
    assert {stream.next().data["shows"] for _ in range(2)} == {"gross"}
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    event = stream.next().data
    assert (event["line"], event["net_price"]) == (2, "27.00")
    assert not {"steps", "customer", "price_list", "next_change_at"} & set(event)


def test_what_a_page_is_not_to_know_of_is_told_as_what_there_is_not(house: House, readers: Readers) -> None:
    house.put("price-lists", "secret", currency="EUR", decimals=2, visibility="hidden")
    house.put("price-lists", "asked", currency="EUR", decimals=2, visibility="on_request")
    for name in ("secret", "asked"):
        house.put("assignments", f"{name}-all", list=name)
        house.put("items", f"of-{name}")
        house.put("rules", f"of-{name}", action="price", list=name, item=f"of-{name}", value="77.77")
    house.client.request("PUT", "/v1/stock/of-secret", json={"on_hand": "5"})
    stream, told = watching(readers, token_of(house), "of-secret", "nothing", "of-asked")
    hidden, unknown, on_request = (told[place].data for place in (1, 2, 3))
    assert hidden["error"] == {
        **unknown["error"],
        "detail": unknown["error"]["detail"].replace("nothing", "of-secret"),
        "errors": [unknown["error"]["errors"][0] | {"text": hidden["error"]["errors"][0]["text"]}],
    }
    assert set(hidden) == set(unknown)
    assert (on_request["outcome"], on_request["reason"]) == ("no_price", "on_request")
    assert b"77.77" not in stream.body
    # A change of what is hidden tells nothing; only that it is shown from now on.
    house.put("rules", "of-secret", action="price", list="secret", item="of-secret", value="88.88")
    house.client.request("PUT", "/v1/stock/of-secret", json={"on_hand": "6"})
    house.put("price-lists", "secret", currency="EUR", decimals=2)
    event = stream.next().data
    assert (event["line"], event["net_price"], event["stock"]["available"]) == (1, "88.88", "6")


def test_another_name_is_no_other_price_and_comes_with_the_next(house: House, readers: Readers) -> None:
    eco = {"action": "amount", "sign": "charge", "value": "1", "item": "saw", "own_line": {"per": "unit"}}
    house.put("rules", "eco", **eco, label="Eco tax")
    token = token_of(house)
    stream, told = watching(readers, token, "saw", "hammer")
    assert (told[1].data["name"], told[1].data["own_lines"][0]["label"]) == (None, "Eco tax")
    house.put("items", "saw", item_groups=["tools"], name={"en": "Fretsaw"})
    house.put("rules", "eco", **eco, label="Levy")
    house.put("rules", "hammer-base", action="price", list="base", item="hammer", value="11")
    house.put("rules", "hammer-web", action="price", list="web", item="hammer", value="11")
    # The hammer's is the next event, though the saw comes before it and was changed before it.
    assert stream.next().data["line"] == 2
    # Who comes later is told the newest name, the others with the next price.
    _, later = watching(readers, token, "saw", "hammer")
    assert later[1].data["name"] == "Fretsaw"
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    event = stream.next().data
    assert (event["line"], event["net_price"], event["name"]) == (1, "27.00", "Fretsaw")
    assert event["own_lines"][0]["label"] == "Levy"


def test_a_stream_ends_with_its_token(house: House, readers: Readers) -> None:
    token = token_of(house, minutes=5)
    stream, _ = watching(readers, token, "saw")
    house.clock.at = NOW + timedelta(minutes=5)
    stream.ended()
    again = readers.open("/v1/me/stream", {"token": token, "item": "saw"})
    assert (again.status, b'"code":"token_expired"' in again.body) == (401, True)


@pytest.mark.parametrize("what", ["key", "customer"])
def test_a_stream_ends_with_the_key_that_minted_its_token_and_with_its_customer(
    house: House, readers: Readers, what: str
) -> None:
    token = token_of(house)
    stream, _ = watching(readers, token, "saw")
    if what == "key":
        revoked(house.database, house.key, NOW)
    else:
        house.put("customers", "rossi", country="IT", status="blocked")
    stream.ended()
    assert readers.open("/v1/me/stream", {"token": token, "item": "saw"}).status == 401


def test_a_page_comes_back_with_another_token_and_misses_nothing(house: House, readers: Readers) -> None:
    stream, told = watching(readers, token_of(house), "hammer", "saw")
    stream.close()
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    last_id = max(told.items())[1].id
    params = {"token": token_of(house), "item": ["hammer", "saw"], "last_event_id": last_id}
    again = readers.open("/v1/me/stream", params)
    assert again.next().data["resumed"] is True
    assert again.next().data["net_price"] == "27.00"
    # For somebody else the same id means nothing.
    other = readers.open("/v1/me/stream", params | {"token": token_of(house, "bianchi")})
    assert other.next().data["resumed"] is False


@pytest.mark.parametrize(
    ("params", "headers", "status", "code"),
    [
        ({"item": "saw", "token": "KEY"}, {}, 403, "token_needed"),
        ({"item": "saw"}, {}, 401, "unauthenticated"),
        ({"item": "saw", "token": "x.y.z"}, {}, 401, "unauthenticated"),
        ({"item": "saw", "token": "TOKEN"}, {"Origin": "https://evil.example"}, 403, "origin_not_allowed"),
        ({"item": "saw", "token": "TOKEN", "customer": "bianchi"}, {}, 400, "unknown_field"),
        ({"item": "saw", "token": "TOKEN", "channel": "web"}, {}, 400, "unknown_field"),
        ({"item": ["saw"] * 201, "token": "TOKEN"}, {}, 400, "too_many"),
    ],
)
def test_what_a_page_may_not_ask_is_refused(
    house: House, readers: Readers, params: dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    known = {"KEY": house.key, "TOKEN": token_of(house)}
    asked = params | {"token": known.get(params["token"], params["token"])} if "token" in params else params
    refused = readers.open("/v1/me/stream", asked, **headers)
    refused.ended()
    assert (refused.status, f'"code":"{code}"'.encode() in refused.body) == (status, True)


def test_a_customer_has_few_streams_and_a_public_token_many(
    house: House, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(me_live, "CUSTOMER_STREAMS_MAX", 1)
    monkeypatch.setattr(me_live, "PUBLIC_STREAMS_MAX", 2)
    own, other, public = token_of(house), token_of(house), token_of(house, None)
    statuses = [
        readers.open("/v1/me/stream", {"token": token, "item": "saw"}).status
        for token in (own, other, public, public, public)
    ]
    assert statuses == [200, 429, 200, 200, 429]

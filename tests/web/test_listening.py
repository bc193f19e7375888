"""Who listens is told what webhooks are told, signed alike; misses nothing when coming back; and ends by itself."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from listino.core.webhooks import signatures
from listino.db import listeners
from listino.flows.access import created, revoked
from listino.flows.listening import LISTENERS_MAX, WAITED_FOR
from listino.flows.outside import Outside
from listino.flows.upkeep import tidied
from listino.web.rest import listening
from tests.engines import ON_BOTH
from tests.shop import NOW, CountedChance, House, opened
from tests.streaming import Event, Readers, Stream, reading
from tests.working import carry_out_all, pass_time, work_of

pytestmark = ON_BOTH
PATH = "/v1/webhooks/stream"


@pytest.fixture
def house(tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(listening, "LOOK_EVERY_S", 0.01)
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def readers(house: House) -> Iterator[Readers]:
    with reading(house.client.app, {"Authorization": f"Bearer {house.key}"}) as readers:
        yield readers


def verified(event: Event, secret: str) -> str:
    said, body = event.data, event.data["body"].encode()
    signature = signatures([secret], said["webhook-id"], int(said["webhook-timestamp"]), body)
    told = msgspec.json.decode(body)
    assert (signature, told["type"]) == (said["webhook-signature"], event.kind)
    return f"{told['type']} {told['data'].get('number', '')}".strip()


def next_of(stream: Stream, secret: str) -> str:
    return verified(stream.next(), secret)


def test_what_happens_is_told_as_webhooks_are_told_it(house: House, readers: Readers) -> None:
    stream = readers.open(PATH, {})
    ready = stream.next()
    assert (ready.kind, ready.data["events"], ready.data["secret"][:6]) == ("ready", ["*"], "whsec_")
    house.order(number="7")
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="21")
    carry_out_all(work_of(house, Outside()))
    said = [next_of(stream, ready.data["secret"]) for _ in range(3)]
    assert said == ["order.accepted 7", "order.placed 7", "price.changed"]
    assert house.get("/v1/webhooks").json()["data"] == []
    assert house.get(f"/v1/webhooks/{ready.data['listener']}").status == 404


def test_only_the_events_that_are_named_are_told(house: House, readers: Readers) -> None:
    stream = readers.open(PATH, {"events": "order.held,price.changed"})
    secret = stream.next().data["secret"]
    house.order(number="1")
    house.order(number="2", customer="nobody")
    assert next_of(stream, secret) == "order.held 2"


def test_who_comes_back_misses_nothing(house: House, readers: Readers) -> None:
    first = readers.open(PATH, {"events": "order.accepted"})
    ready = first.next().data
    house.order(number="1")
    house.order(number="2")
    heard = [first.next(), first.next()]
    first.close()
    house.order(number="3")
    params = {"listener": ready["listener"]}
    again = readers.open(PATH, params, **{"Last-Event-ID": heard[0].id or ""})
    assert again.next().data == ready
    assert [next_of(again, ready["secret"]) for _ in range(2)] == ["order.accepted 2", "order.accepted 3"]


def test_a_listener_that_does_not_come_back_is_forgotten(house: House, readers: Readers) -> None:
    stream = readers.open(PATH, {})
    ready = stream.next().data
    stream.close()
    pass_time(house, seconds=WAITED_FOR.total_seconds() - 5)
    tidied(house.database, None, house.clock())
    assert listeners.counted(house.database.read().connection) == 1
    pass_time(house, seconds=10)
    tidied(house.database, None, house.clock())
    assert listeners.counted(house.database.read().connection) == 0
    house.order(number="1")
    assert house.database.read().connection.execute("SELECT count(*) FROM webhook_message").fetchone()[0] == 0
    anew = readers.open(PATH, {"listener": ready["listener"]}).next().data
    assert anew["listener"] != ready["listener"]


def test_another_key_does_not_hear_what_one_listens_to(house: House, readers: Readers) -> None:
    ready = readers.open(PATH, {}).next().data
    key = created(house.database, "b", ["all"], channel=None, test=False, now=NOW, chance=CountedChance(900))[1]
    other = readers.open(PATH, {"listener": ready["listener"]}, Authorization=f"Bearer {key}").next().data
    assert other["listener"] != ready["listener"]


def test_a_stream_ends_with_its_key(house: House, readers: Readers) -> None:
    key, secret = created(
        house.database, "b", ["webhooks:manage"], channel=None, test=False, now=NOW, chance=CountedChance(900)
    )
    stream = readers.open(PATH, {}, Authorization=f"Bearer {secret}")
    assert stream.next().kind == "ready"
    revoked(house.database, key.id, NOW + timedelta(seconds=1))
    stream.ended()


def test_what_cannot_be_is_refused(house: House, readers: Readers) -> None:
    key = created(house.database, "b", ["orders:read"], channel=None, test=False, now=NOW, chance=CountedChance(900))[1]
    store = {"Authorization": f"Bearer {key}"}
    assert house.client.request("GET", PATH, headers=store).json()["code"] == "scope_missing"
    assert house.get(PATH, events="order.nothing").json()["errors"][0]["field"] == "events[0]"
    ready = readers.open(PATH, {}).next().data
    asked = {"params": {"listener": ready["listener"]}, "headers": {"Last-Event-ID": "x"}}
    assert house.client.request("GET", PATH, **asked).json()["errors"][0]["field"] == "Last-Event-ID"


def test_no_more_listen_than_may(house: House, readers: Readers) -> None:
    for _ in range(LISTENERS_MAX):
        stream = readers.open(PATH, {})
        stream.next()
        stream.close()
    full = house.get(PATH)
    assert (full.status, full.json()["code"]) == (409, "too_many")
    pass_time(house, seconds=WAITED_FOR.total_seconds() + 1)
    assert readers.open(PATH, {}).next().kind == "ready"

"""Messages go to a real receiver, which checks them with the specification's own library."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks.webhooks as library
from standardwebhooks import Webhook, WebhookVerificationError

from listino.connectors.http import HttpClient, Policy
from listino.flows import webhooks
from listino.flows.outside import Outside
from listino.flows.webhook_checks import Targets
from listino.flows.webhooks_doctor import told
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.connectors.raw_server import request_of, serving
from tests.shop import CountedChance, House, opened
from tests.working import carry_out_all, pass_time, work_of

LOOPBACK = ip_network("127.0.0.0/8")


@dataclass
class Receiver:
    """A receiver of webhooks: what it was sent, and how it answers (the last answer again and again)."""

    port: int = 0
    answers: list[bytes] = field(default_factory=lambda: [b"204 No Content"])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def script(self, connection: socket.socket) -> None:
        head, _, body = request_of(connection).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        self.got.append(({name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer:
            connection.sendall(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")

    @property
    def ids(self) -> list[str]:
        """The messages that came, in their order."""
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver.script) as receiver.port:
        yield receiver


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose operator allows webhooks on this machine."""
    with opened(tmp_path) as one:
        settings = WebSettings(metrics_folder=str(tmp_path / "m2"), webhook_targets=Targets((LOOPBACK,)))
        client = Client(App(one.database, settings, one.clock, CountedChance(1000)),
                        {"Authorization": f"Bearer {one.key}"})  # fmt: skip
        try:
            yield House(one.path, one.database, client, one.clock, one.key)
        finally:
            client.close()


def hook(house: House, port: int, **said: Any) -> dict[str, Any]:
    answer = house.client.request("POST", "/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/in"} | said)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json()
    return made


def deliver(house: House) -> int:
    """Have a worker do what is due."""
    return carry_out_all(work_of(house, Outside(http=HttpClient(Policy(networks=(LOOPBACK,))))))


def state(house: House, webhook_id: str) -> dict[str, Any]:
    found: dict[str, Any] = house.get(f"/v1/webhooks/{webhook_id}").json()
    return found


def deliveries(house: House, webhook_id: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = house.get(f"/v1/webhooks/{webhook_id}/deliveries").json()["data"]
    return data


def verified(house: House, secret: str, message: tuple[dict[str, str], bytes], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the specification's library makes of a message, at the house's clock."""
    now = house.clock.at

    class AtThisMoment(library.datetime):  # type: ignore[misc, name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now

    monkeypatch.setattr(library, "datetime", AtThisMoment)
    headers, body = message
    return Webhook(secret).verify(body, headers)


def test_an_order_is_told_with_a_signature_that_the_library_accepts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        order = house.order().json()
        deliver(house)
    (message,) = receiver.got
    told = verified(house, made["secret"], message, monkeypatch)
    assert told == {
        "type": "order.placed",
        "timestamp": told["timestamp"],
        "data": {"order": order["id"], "store": "shop", "number": "1001", "customer": "rossi", "state": "placed",
                 "test": False},
    }  # fmt: skip
    assert message[0]["webhook-id"] == f"msg_{order['id']}_2"
    assert message[0]["content-type"] == "application/json"
    assert b"Mario" not in message[1]
    (delivery,) = deliveries(house, made["id"])
    assert (delivery["state"], delivery["status"], delivery["tries"], delivery["text"]) == ("delivered", 204, 1, None)
    assert deliver(house) == 0
    assert len(receiver.got) == 1


def test_an_altered_message_is_not_accepted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port)
        house.order()
        deliver(house)
    headers, body = receiver.got[0]
    with pytest.raises(WebhookVerificationError):
        verified(house, made["secret"], (headers, body.replace(b"rossi", b"bianchi")), monkeypatch)
    with pytest.raises(WebhookVerificationError):
        verified(house, made["secret"], (headers | {"webhook-id": "msg_other"}, body), monkeypatch)


def test_both_secrets_sign_until_the_overlap_is_over(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        answer = house.client.request("POST", f"/v1/webhooks/{made['id']}/rotate", json={"overlap_hours": 24})
        new = answer.json()["secret"]
        house.order()
        deliver(house)
        for secret in (made["secret"], new):
            verified(house, secret, receiver.got[-1], monkeypatch)
        pass_time(house, hours=25)
        house.order(number="1002")
        deliver(house)
        verified(house, new, receiver.got[-1], monkeypatch)
        with pytest.raises(WebhookVerificationError):
            verified(house, made["secret"], receiver.got[-1], monkeypatch)
    assert [headers["webhook-signature"].count("v1,") for headers, _ in receiver.got] == [2, 1]


@pytest.mark.parametrize("answer", [b"500 Oops", b"302 Found\r\nLocation: /other", b"400 Bad", b"404 Gone", b""])
def test_what_is_not_taken_is_sent_again_with_the_same_id_and_a_new_signature(house: House, answer: bytes) -> None:
    with receiving() as receiver:
        receiver.answers = [answer, b"200 OK"]
        made = hook(house, receiver.port, events=["order.placed"])
        house.order()
        deliver(house)
        (waiting,) = deliveries(house, made["id"])
        assert (waiting["state"], waiting["tries"]) == ("waiting", 1)
        assert waiting["status"] == (int(answer[:3]) if answer else None)
        assert waiting["text"]
        assert deliver(house) == 0
        pass_time(house, seconds=6)
        deliver(house)
    (first, _), (second, _) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) >= int(first["webhook-timestamp"]) + 6
    assert first["webhook-signature"] != second["webhook-signature"]
    assert deliveries(house, made["id"])[0]["state"] == "delivered"


def test_a_pause_that_the_receiver_asks_for_is_kept_for_all_that_goes_there(house: House) -> None:
    with receiving() as receiver:
        receiver.answers = [b"429 Slow\r\nRetry-After: 600", b"200 OK"]
        hook(house, receiver.port, events=["order.placed"])
        house.order()
        deliver(house)
        house.order(number="1002")
        pass_time(house, seconds=590)
        deliver(house)
        assert len(receiver.got) == 1
        pass_time(house, seconds=15)
        deliver(house)
    assert len(set(receiver.ids)) == 2
    assert len(receiver.got) == 3


def test_410_ends_the_webhook_and_what_waits_for_it_until_it_is_set_active(house: House) -> None:
    with receiving() as receiver:
        receiver.answers = [b"410 Gone", b"200 OK"]
        made = hook(house, receiver.port, events=["order.*"])
        house.order()
        deliver(house)
        house.order(number="1002")
        deliver(house)
        assert len(receiver.got) == 1
        now = state(house, made["id"])
        assert (now["state"], now["deliveries"]) == ("disabled", {"ended": 2})
        (finding,) = told(house.database.read().connection)
        assert (finding.level, finding.subject) == ("warn", f"Webhook {made['id']}")
        assert finding.text.startswith("disabled since 2026-11-23T12:00:00Z, 0 messages wait")
        assert "410" in now["text"]
        url = f"http://127.0.0.1:{receiver.port}/in"
        again = house.client.request("PUT", f"/v1/webhooks/{made['id']}", json={"url": url}).json()
        assert (again["state"], again["failing_since"]) == ("active", None)
        house.order(number="1003")
        deliver(house)
    assert len(receiver.got) == 3


def test_after_three_days_a_message_is_parked_and_the_webhook_failing_until_one_is_taken(house: House) -> None:
    with receiving() as receiver:
        receiver.answers = [b"500 Oops"]
        made = hook(house, receiver.port, events=["order.placed"])
        house.order()
        began = house.clock.at
        while deliveries(house, made["id"])[0]["state"] == "waiting":
            deliver(house)
            assert house.clock.at - began < timedelta(days=3, hours=1)
            pass_time(house, hours=1)
        assert house.clock.at - began > timedelta(days=2, hours=19)
        assert 15 < len(receiver.got) < 40
        now = state(house, made["id"])
        assert (now["state"], now["deliveries"]) == ("failing", {"parked": 1})
        receiver.answers = [b"200 OK"]
        message = deliveries(house, made["id"])[0]["message"]
        house.client.request("POST", f"/v1/webhooks/{made['id']}/replay", json={"message": message})
        pass_time(house, minutes=2)
        deliver(house)
        assert state(house, made["id"])["state"] == "active"
        assert deliveries(house, made["id"])[0]["state"] == "delivered"
    assert set(receiver.ids) == {message}


def test_a_receiver_that_is_down_is_only_probed_and_then_everything_goes_out(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        receiver.answers = [b"503 Down"]
        for number in range(30):
            house.order(number=str(number))
        for _ in range(60):  # An hour.
            deliver(house)
            pass_time(house, minutes=1)
        during = len(receiver.got)
        assert during < 100
        receiver.answers = [b"200 OK"]
        for _ in range(3):
            pass_time(house, minutes=1)
            deliver(house)
    assert state(house, made["id"])["deliveries"] == {"delivered": 30}
    assert len(receiver.got) == during + 30


def test_a_range_is_sent_again_under_the_ids_that_it_had(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        for number in ("1", "2"):
            house.order(number=number)
        deliver(house)
        first = receiver.ids
        range_said = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}
        answer = house.client.request("POST", f"/v1/webhooks/{made['id']}/replay", json=range_said)
        assert answer.json() == {"replayed": 2}
        deliver(house)
    assert sorted(receiver.ids[2:]) == sorted(first)


def test_a_range_is_sent_again_in_short_writes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listino.flows.webhooks.REPLAYED_AT_ONCE_MAX", 2)
    write, waiting = house.database.write, []

    def seen(*what: Any) -> Any:
        outcome = write(*what)
        waiting.append(webhooks.counted(house.database, made["id"]).get("waiting", 0))
        return outcome

    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        for number in range(5):
            house.order(number=str(number))
        deliver(house)
        range_said = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}
        monkeypatch.setattr(house.database, "write", seen)
        answer = house.client.request("POST", f"/v1/webhooks/{made['id']}/replay", json=range_said)
    assert (answer.json(), waiting) == ({"replayed": 5}, [2, 4, 5])


def test_a_paused_webhook_is_not_called_and_goes_on_later(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        url = made["url"]
        house.order()
        house.client.request("PUT", f"/v1/webhooks/{made['id']}", json={"url": url, "state": "paused"})
        deliver(house)
        house.order(number="1002")
        assert receiver.got == []
        house.client.request("PUT", f"/v1/webhooks/{made['id']}", json={"url": url, "state": "active"})
        pass_time(house, minutes=6)
        deliver(house)
    assert len(receiver.got) == 1


def test_a_network_that_is_allowed_no_more_is_not_called(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        house.order()
        carry_out_all(work_of(house, Outside(http=HttpClient(Policy()))))
    assert receiver.got == []
    (delivery,) = deliveries(house, made["id"])
    assert delivery["state"] == "waiting"
    assert "which the operator has not allowed" in delivery["text"]


def test_each_revision_is_told_with_the_items_and_customers_that_it_touched(house: House) -> None:
    with receiving() as receiver:
        hook(house, receiver.port, events=["price.changed"])
        deliver(house)
        house.put("rules", "rossi-hammer", action="price", customer="rossi", item="hammer", currency="EUR", value="8")
        house.put("rules", "all-saws", action="price", list="base", item="saw", value="21", currency="EUR")
        house.put("taxes", "it-standard", percent="23", country="IT")
        for _ in range(2):
            pass_time(house, seconds=3)
            deliver(house)
    told = sorted((json.loads(body) for _, body in receiver.got), key=lambda one: int(one["data"]["revision"]))
    revision = told[0]["data"]["revision"]
    assert [(one["data"]["revision"] - revision, one["data"]["items"], one["data"]["customers"]) for one in told] == [
        (0, ["hammer"], ["rossi"]),
        (1, ["saw"], "many"),
        (2, "many", "many"),
    ]
    assert {one["type"] for one in told} == {"price.changed"}


def test_what_was_committed_before_the_first_webhook_is_not_told(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port)
        house.client.request("DELETE", f"/v1/webhooks/{made['id']}")
        house.put("items", "drill")
        hook(house, receiver.port)
        pass_time(house, minutes=11)
        deliver(house)
    assert receiver.got == []


def test_messages_are_forgotten_after_thirty_days_once_nothing_waits_for_them(house: House) -> None:
    with receiving() as receiver:
        made = hook(house, receiver.port, events=["order.placed"])
        house.order()
        deliver(house)
        pass_time(house, days=31)
        deliver(house)
    assert deliveries(house, made["id"]) == []
    said = {"message": receiver.ids[0]}
    answer = house.client.request("POST", f"/v1/webhooks/{made['id']}/replay", json=said)
    assert (answer.status, answer.json()["code"]) == (404, "unknown_message")


def test_no_secret_stands_in_the_transcript_or_in_what_is_listed(house: House) -> None:
    http = HttpClient(Policy(networks=(LOOPBACK,)))
    with receiving() as receiver:
        made = hook(house, receiver.port)
        house.order()
        carry_out_all(work_of(house, Outside(http=http)))
    shown = f"{http.transcript}{house.get('/v1/webhooks').body!r}{deliveries(house, made['id'])}"
    assert made["secret"] not in shown
    assert receiver.got[0][0]["webhook-signature"] not in shown
    assert '"type":"order.accepted"' in shown

"""People are told once of what needs them, by a real mail server and a real receiver, and once when it is over."""

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

from listino.connectors.http import HttpClient, Policy
from listino.connectors.mail import mail_from
from listino.core.alerts import Patience
from listino.flows.outside import Outside
from listino.flows.webhook_checks import Targets
from listino.ports import Duplicates
from listino.testing.fake_erp import FakeErp, Trouble
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.connectors.mailbox import Mailbox, mail_server
from tests.connectors.raw_server import request_of, serving
from tests.shop import CountedChance, House, opened
from tests.working import carry_out_all, pass_time, work_of

LOOPBACK = ip_network("127.0.0.0/8")


@dataclass
class Desk:
    """A house that hands orders over, the people who look after it, and a receiver of its alerts."""

    house: House
    erp: FakeErp
    box: Mailbox
    mail_port: int
    told: list[dict[str, Any]] = field(default_factory=list)
    patience: Patience = field(default_factory=lambda: Patience(mirror_late=timedelta(days=9)))

    def work(self, *, mail: bool = True) -> None:
        """Have a worker do what is due now."""
        letters = mail_from(f"smtp://127.0.0.1:{self.mail_port}", "desk@example.com", "listino@example.com", None)
        http = HttpClient(Policy(networks=(LOOPBACK,)))
        outside = Outside(erp=self.erp, http=http, mail=letters if mail else None, patience=self.patience)
        carry_out_all(work_of(self.house, outside))

    def work_for(self, minutes: int) -> None:
        """Have a worker at it while time passes: a look at each half minute, or at each of ten in longer times."""
        looks = min(minutes * 2, 10)
        for _ in range(looks):
            self.work()
            pass_time(self.house, seconds=minutes * 60 / looks)
        self.work()

    @property
    def letters(self) -> list[str]:
        """The subjects of the letters that came."""
        return [message["Subject"] for _, _, message in self.box.arrived]

    @property
    def events(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What the receiver was told: the event, and kind and subject of each alert."""
        return [
            (one["type"], [(alert["kind"], alert["subject"]) for alert in one["data"]["alerts"]]) for one in self.told
        ]

    def alerts(self, **params: str) -> list[tuple[str, str]]:
        """What the door lists."""
        answer = self.house.get("/v1/alerts", **params)
        assert answer.status == 200, answer.body
        return [(one["kind"], one["subject"]) for one in answer.json()["data"]]


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    told: list[dict[str, Any]] = []

    def script(connection: socket.socket) -> None:
        told.append(json.loads(request_of(connection).partition(b"\r\n\r\n")[2]))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with opened(folder) as one, mail_server(None) as (box, mail_port), serving(script) as port:
        settings = WebSettings(metrics_folder=str(folder / "m2"), webhook_targets=Targets((LOOPBACK,)), hands_over=True)
        client = Client(App(one.database, settings, one.clock, CountedChance(1000)),
                        {"Authorization": f"Bearer {one.key}"})  # fmt: skip
        house = House(one.path, one.database, client, one.clock, one.key)
        said = {"url": f"http://127.0.0.1:{port}/", "events": ["alert.*"]}
        assert client.request("POST", "/v1/webhooks", json=said).status == 201
        try:
            yield Desk(house, FakeErp(Duplicates.CHECKED, clock=lambda: one.clock.at), box, mail_port, told)
        finally:
            client.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as one:
        yield one


def test_a_management_system_that_is_down_is_told_once_and_once_when_it_is_back(desk: Desk) -> None:
    desk.house.order()
    desk.erp.weather.down_until = desk.house.clock.at + timedelta(hours=1)
    desk.work_for(4)
    assert (desk.letters, desk.events) == ([], [])
    desk.work_for(30)
    assert desk.letters == ["Listino: 1 management system down needs attention"]
    assert desk.events == [("alert.raised", [("erp_down", "erp")])]
    assert desk.alerts(state="open") == [("erp_down", "erp")]
    desk.work_for(60)
    assert desk.letters[1:] == ["Listino: 1 management system down over"]
    assert desk.events[1:] == [("alert.over", [("erp_down", "erp")])]
    assert (desk.alerts(state="open"), desk.alerts(state="over")) == ([], [("erp_down", "erp")])


def test_an_order_held_for_long_is_told_until_it_is_settled(desk: Desk) -> None:
    order = desk.house.order(customer="nobody").json()["id"]
    desk.work()
    pass_time(desk.house, minutes=239)
    desk.work()
    assert desk.letters == []
    desk.work_for(2)
    assert desk.letters == ["Listino: 1 order held needs attention"]
    ((_, receivers, message),) = desk.box.arrived
    assert receivers == ["desk@example.com"]
    assert f"Order shop/1001 is held ({order})." in message.get_content()
    assert desk.alerts() == [("order_held", order)]
    desk.house.client.request("POST", f"/v1/orders/{order}/steps", json={"state": "cancelled"})
    desk.work_for(1)
    assert desk.letters[1:] == ["Listino: 1 order held over"]
    assert desk.events == [
        ("alert.raised", [("order_held", order)]),
        ("alert.over", [("order_held", order)]),
    ]


def test_an_order_that_is_parked_or_unconfirmed_is_told(desk: Desk) -> None:
    desk.erp.items = {"saw"}
    parked = desk.house.order().json()["id"]
    desk.work()
    desk.erp.items = None
    desk.erp.planned.append(Trouble.ANSWER_LOST)
    doubtful = desk.house.order(number="1002").json()["id"]
    desk.work()
    desk.erp.weather.down_until = desk.house.clock.at + timedelta(hours=1)
    desk.work_for(20)
    assert ("order_parked", parked) in desk.alerts(state="open")
    assert ("order_unconfirmed", doubtful) in desk.alerts(state="open")
    assert sum(subject.count("order parked") for subject in desk.letters) == 1
    assert sum(subject.count("order unconfirmed") for subject in desk.letters) == 1
    desk.work_for(60)
    assert ("order_unconfirmed", doubtful) in desk.alerts(state="over")
    assert desk.alerts(state="open") == [("order_parked", parked)]


def test_many_causes_in_one_look_are_one_letter_and_one_message(desk: Desk) -> None:
    for number in range(60):
        desk.house.order(number=str(number), customer="nobody")
    pass_time(desk.house, hours=5)
    desk.work()
    pass_time(desk.house, minutes=1)
    desk.work()
    assert desk.letters == ["Listino: 60 orders held need attention"]
    ((event, alerts),) = desk.events
    assert (event, len(alerts), desk.told[0]["data"]["count"]) == ("alert.raised", 60, 60)
    assert "- and 10 more" in desk.box.arrived[0][2].get_content()


def test_the_times_are_the_operators(desk: Desk) -> None:
    desk.patience = Patience(held=timedelta(0), mirror_late=timedelta(days=9))
    desk.house.order(customer="nobody")
    desk.work()
    assert desk.letters == ["Listino: 1 order held needs attention"]


def test_a_test_order_is_nobodys_trouble(desk: Desk) -> None:
    from listino.flows.access import created  # noqa: PLC0415

    _, secret = created(desk.house.database, "trial", ["orders:create"], channel=None, test=True,
                        now=desk.house.clock.at, chance=CountedChance(70))  # fmt: skip
    order = {"number": "t1", "ordered_at": "2026-11-23T11:59:00Z", "currency": "EUR", "customer": "nobody",
             "lines": [{"item": "hammer", "quantity": "3"}]}  # fmt: skip
    answer = desk.house.client.request("POST", "/v1/orders", json=order, headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["held"] == ["unknown_customer"]
    pass_time(desk.house, hours=5)
    desk.work()
    assert (desk.letters, desk.alerts()) == ([], [])


def test_a_letter_waits_while_the_mail_server_is_down_and_comes_once(desk: Desk, tmp_path: Path) -> None:
    up, desk.mail_port = desk.mail_port, 1
    desk.house.order(customer="nobody")
    pass_time(desk.house, hours=5)
    desk.work_for(5)
    assert desk.letters == []
    assert desk.events == [("alert.raised", [("order_held", desk.alerts()[0][1])])]
    desk.mail_port = up
    desk.work_for(6)
    assert desk.letters == ["Listino: 1 order held needs attention"]


def test_without_mail_the_door_and_the_webhook_tell_it_alone(desk: Desk) -> None:
    desk.house.order(customer="nobody")
    pass_time(desk.house, hours=5)
    desk.work(mail=False)
    pass_time(desk.house, minutes=1)
    desk.work()
    assert desk.letters == []
    assert len(desk.events) == len(desk.alerts(state="open")) == 1


def test_a_webhook_whose_receiver_has_gone_is_told_by_mail(desk: Desk) -> None:
    def gone(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")

    with serving(gone) as port:
        said = {"url": f"http://127.0.0.1:{port}/", "events": ["order.accepted"]}
        webhook = desk.house.client.request("POST", "/v1/webhooks", json=said).json()["id"]
        desk.house.order()
        desk.work_for(2)
    assert desk.letters == ["Listino: 1 webhook failing needs attention"]
    assert desk.alerts() == [("webhook_failing", webhook)]


def test_letters_and_messages_name_no_people(desk: Desk) -> None:
    desk.house.order(customer=None, buyer={"name": "Mario Rossi", "mail": "mario@rossi.example"})
    pass_time(desk.house, hours=5)
    desk.work()
    told = "".join(f"{message}" for _, _, message in desk.box.arrived) + str(desk.told) + str(desk.alerts())
    assert "Mario" not in told
    assert "mario" not in told


def test_alerts_are_listed_in_pages_for_who_may_see_them(desk: Desk) -> None:
    for number in range(5):
        desk.house.order(number=str(number), customer="nobody")
    pass_time(desk.house, hours=5)
    desk.work()
    first = desk.house.get("/v1/alerts", limit="3").json()
    second = desk.house.get("/v1/alerts", limit="3", after=first["next"]).json()
    seen = [one["id"] for one in first["data"] + second["data"]]
    assert (len(set(seen)), seen, second["next"]) == (5, sorted(seen, reverse=True), None)
    for params in ({"state": "lost"}, {"after": "x"}, {"limit": "0"}, {"kind": "erp_down"}):
        assert desk.house.get("/v1/alerts", **params).status == 400


def test_a_mirror_that_falls_behind_is_told_until_it_has_caught_up(desk: Desk) -> None:
    desk.patience = Patience(erp_down=timedelta(days=9))
    desk.work_for(5)
    assert desk.alerts() == []
    desk.erp.weather.down_until = desk.house.clock.at + timedelta(hours=1)
    desk.work_for(10)
    assert desk.alerts() == []
    desk.work_for(20)
    assert desk.letters == ["Listino: 1 mirror late needs attention"]
    desk.work_for(60)
    assert desk.letters[1:] == ["Listino: 1 mirror late over"]
    assert (desk.alerts(state="open"), desk.alerts(state="over")) == ([], [("mirror_late", "erp")])


def test_an_order_that_came_long_ago_and_is_in_doubt_for_moments_is_no_alert(desk: Desk) -> None:
    order = desk.house.order(customer="nobody").json()["id"]
    desk.work_for(30)
    released = desk.house.client.request("POST", f"/v1/orders/{order}/release", json={"customer": "rossi"})
    assert released.status == 200
    desk.erp.planned.append(Trouble.ANSWER_LOST)
    desk.work()
    desk.erp.weather.down_until = desk.house.clock.at + timedelta(minutes=5)
    desk.work_for(4)
    assert desk.house.get(f"/v1/orders/{order}").json()["handover"] == "in_doubt"
    assert ("order_unconfirmed", order) not in desk.alerts()

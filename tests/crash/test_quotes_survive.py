"""Quotes and caps over several processes: every worker knows every quote, and none gives more than there is."""

import threading
from pathlib import Path
from typing import Any

import pytest

from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.flows.facts import Stated, save
from tests.server import Server, listino, new_key, serving
from tests.shop import COMPANY, NOW, an_order

LINES = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}]
SPRING = (
    "rules",
    "spring",
    {"action": "percent", "step": "promotion", "item": "saw", "value": "20", "caps": {"uses": 9}},
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    database = Database(url)
    facts = [*COMPANY, SPRING]
    save(database, [Stated(kind, code, dict(said)) for kind, code, said in facts], "test", None, NOW)
    database.close()
    return url


def quoted(server: Server) -> str:
    quote: str = server.ask("POST", "/v1/baskets", {"customer": "bianchi", "lines": LINES}).json()["quote"]
    return quote


def ordered(server: Server, number: str, **said: Any) -> Any:
    at = server.ask("GET", "/v1/prices/hammer").json()["at"]
    order = an_order(number=number, customer="bianchi", ordered_at=at, lines=LINES, **said)
    answer = server.ask("POST", "/v1/orders", order)
    assert answer.status == 201, answer.body
    return answer.json()


def all_at_once(server: Server, orders: list[dict[str, Any]]) -> list[Any]:
    answers: list[Any] = []
    posters = [
        threading.Thread(target=lambda order=order: answers.append(ordered(server, **order))) for order in orders
    ]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()
    assert len(answers) == len(orders)
    return answers


def test_quotes_hold_over_workers_a_kill_and_a_rotation(url: str) -> None:
    key = new_key(url)
    with serving(url, key, workers=2) as server:
        quotes = [quoted(server) for _ in range(8)]
        assert len({quote.split(".")[1] for quote in quotes}) == 1
        server.kill()
    assert listino("keys", "rotate-quotes", "--database", url).returncode == 0
    with serving(url, key, workers=2) as server:
        assert quoted(server).split(".")[1] != quotes[0].split(".")[1]
        orders = [ordered(server, f"n{number}", quote=quote) for number, quote in enumerate(quotes)]
        assert [(order["held"], order["net"]) for order in orders] == [([], "60.50")] * 8
        assert listino("keys", "rotate-quotes", "--revoke-old", "--database", url).returncode == 0
        assert ordered(server, "late", quote=quoted(server))["held"] == []


def test_of_a_quote_and_a_cap_two_workers_give_no_more_than_there_is(url: str) -> None:
    with serving(url, new_key(url), workers=2) as server:
        quote = quoted(server)
        same = all_at_once(server, [{"number": f"q{number}", "quote": quote} for number in range(6)])
        assert sorted(order["held"] for order in same) == [[], *[["quote_used"]] * 5]
        # The quote's six orders have taken six of the nine uses.
        raced = all_at_once(server, [{"number": f"c{number}"} for number in range(12)])
    assert sorted((order["net"], order["held"]) for order in raced) == [("60.50", [])] * 3 + [("68.50", [])] * 9
    (used,) = (
        Database(url)
        .read()
        .connection.execute("SELECT used FROM usage WHERE subject = 'rule\x1fspring\x1fuses'")
        .fetchone()
    )
    assert used == "9"

"""A small company in a real database, and its doors: what the tests of flows and doors start from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.flows.access import created
from listino.flows.facts import Stated, save
from listino.web.app import App
from listino.web.settings import WebSettings
from tests import engines
from tests.asgi import Client, Response

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

COMPANY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("item-groups", "tools", {}),
    ("item-groups", "hammers", {"parent": "tools"}),
    ("customer-groups", "installers", {}),
    ("accounts", "rossi-group", {}),
    ("channels", "web", {"currency": "EUR", "country": "IT"}),
    ("customers", "rossi", {"customer_groups": ["installers"], "account": "rossi-group", "country": "IT",
                            "name": "Mario Rossi", "mail": "mario@rossi.example"}),
    ("customers", "bianchi", {"country": "IT"}),
    ("items", "hammer", {"item_groups": ["hammers"], "cost": "4", "packagings": [{"unit": "BX", "factor": "12"}]}),
    ("items", "saw", {"item_groups": ["tools"]}),
    ("price-lists", "web", {"currency": "EUR", "decimals": 2}),
    ("assignments", "web-all", {"list": "web"}),
    ("rules", "saw-base", {"action": "price", "list": "base", "item": "saw", "value": "20"}),
    ("rules", "hammer-base", {"action": "price", "list": "base", "item": "hammer", "value": "10"}),
    ("rules", "hammer-web", {"action": "price", "list": "web", "item": "hammer",
                             "scale": {"tiers": [{"from": "1", "value": "9.50"}, {"from": "10", "value": "9"}]}}),
    ("rules", "installers-tools", {"action": "percent", "customer_group": "installers", "item_group": "tools",
                                   "value": "10", "label": "Installers"}),
    ("taxes", "it-standard", {"percent": "22", "country": "IT"}),
)  # fmt: skip


@dataclass
class SetClock:
    """A clock that stands until it is set."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """The moment."""
        self.at += timedelta(microseconds=1)
        return self.at


@dataclass
class CountedChance:
    """Chance that counts, so that every run is the same."""

    count: int = 0

    def token_hex(self, nbytes: int) -> str:
        """The next number as hexadecimal text."""
        self.count += 1
        return f"{self.count:0{nbytes * 2}x}"


@dataclass
class House:
    """A database with its clock, a client at its doors, and a key that may do all."""

    path: Path
    database: Database
    client: Client
    clock: SetClock
    key: str

    def get(self, path: str, **params: Any) -> Response:
        """A GET, answered however it may be."""
        return self.client.request("GET", path, params=params)

    def price(self, item: str, **params: Any) -> Any:
        """The answer to a price question, which must be given."""
        answer = self.get(f"/v1/prices/{item}", **params)
        assert answer.status == 200, answer.body
        return answer.json()

    def put(self, kind: str, code: str, **said: Any) -> Any:
        """State a fact, which must be taken; whatever it changes of a price is confirmed."""
        answer = self.client.request("PUT", f"/v1/{kind}/{code}", json=said, params={"confirm": "true"})
        assert answer.status in {200, 201}, answer.body
        return answer.json()

    def order(self, key: str | None = None, **said: Any) -> Response:
        """Hand an order in; the response as it is."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.request("POST", "/v1/orders", json=an_order(**said), headers=headers)


def an_order(**said: Any) -> dict[str, Any]:
    """An order message that is taken as it is, but for what is said otherwise."""
    order = {
        "number": "1001",
        "ordered_at": "2026-11-23T11:59:00Z",
        "currency": "EUR",
        "customer": "rossi",
        "lines": [{"item": "hammer", "quantity": "3"}],
    }
    return {name: value for name, value in (order | said).items() if value is not None}


@contextmanager
def opened(
    folder: Path, company: bool = True, zone: str = "Europe/Rome", *, hands_over: bool = False
) -> Iterator[House]:
    """A house on a new database in a folder."""
    with _new(folder, zone) as url:
        yield from _opened(url, folder, company, hands_over)


@contextmanager
def _new(folder: Path, zone: str) -> Iterator[str]:
    if engines.is_server():
        with engines.server().new_database(zone=zone, country="IT") as url:
            yield url
        return
    url = f"sqlite:///{folder / 'listino.db'}"
    migrated(url, zone=zone, country="IT")
    yield url


def _opened(url: str, folder: Path, company: bool, hands_over: bool) -> Iterator[House]:
    database, clock, chance = Database(url), SetClock(), CountedChance()
    _, secret = created(database, "shop", ["all"], channel=None, test=False, now=NOW, chance=chance)
    if company:
        save(database, [Stated(kind, code, dict(said)) for kind, code, said in COMPANY], "test", "company", NOW)
    app = App(database, WebSettings(metrics_folder=str(folder / "metrics"), hands_over=hands_over), clock, chance)
    client = Client(app, {"Authorization": f"Bearer {secret}"})
    try:
        yield House(database.path, database, client, clock, secret)
    finally:
        client.close()
        database.close()

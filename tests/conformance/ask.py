"""A case's facts stated in a book of its own, its question asked at the doors, its answer read."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from listino.db.engine import Database
from listino.db.migrate import migrated, stated
from listino.flows.access import created
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.conformance.translate import Case
from tests.conformance.words import Said, kept
from tests.shop import CountedChance, SetClock

# When a case says of no moment; later than any of them.
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Refused(Exception):
    """A door refused what was stated or asked."""


@dataclass
class Desk:
    """The doors of a book, as an integrator has them."""

    client: Client
    clock: SetClock
    channel: str

    def state(self, changes: list[Said]) -> None:
        """State facts as one change set.

        Errors:  Refused.
        """
        self._sent("POST", "/v1/changes", params={"confirm": "true"}, json={"changes": changes})

    def price(self, item: str, **params: Any) -> Said:
        """The price of one line, explained in full.

        Errors:  Refused.
        """
        return self._sent("GET", "/v1/prices", params=kept(item=item, explain="all", **params))

    def basket(self, **said: Any) -> Said:
        """The prices of several lines together.

        Errors:  Refused.
        """
        return self._sent("POST", "/v1/baskets", json={"lines": []} | kept(explain="all", **said))

    def order(self, case: Case, coupon: str, number: str) -> None:
        """Order what a case asks for, with a coupon.

        Errors:  Refused.
        """
        lines = [{"item": one["item"], "quantity": one.get("qty", "1")} for one in case.lines or [case.query]]
        buyer = kept(customer=case.query.get("customer")) or {"buyer": {"name": "Anybody"}}
        said: Said = {"number": number, "ordered_at": NOW.isoformat(), "currency": case.company_currency, **buyer,
                "channel": case.channel, "lines": lines, "vouchers": [{"code": coupon}]}  # fmt: skip
        self._sent("POST", "/v1/orders", json=said)

    def _sent(self, method: str, path: str, **options: Any) -> Said:
        response = self.client.request(method, path, **options)
        if response.status >= 300:
            raise Refused(f"{method} {path}: {response.status} {response.body.decode()[:600]}")
        answer: Said = response.json()
        return answer


@contextmanager
def books(folder: Path) -> Iterator[Any]:
    """Opens a new book for a case, again and again."""
    empty = folder / "empty.db"
    migrated(f"sqlite:///{empty}", zone="UTC", country="IT")

    @contextmanager
    def opened(case: Case) -> Iterator[Desk]:
        path = folder / "case.db"
        shutil.copy(empty, path)
        database, clock, chance = Database(f"sqlite:///{path}"), SetClock(NOW - 30 * 365 * DAY), CountedChance()
        database.write(lambda tx: stated(tx, {"currency": case.company_currency}))
        _, key = created(database, "conformance", ["all"], channel=None, test=False, now=NOW, chance=chance)
        settings = WebSettings(metrics_folder=str(folder / "metrics"))
        client = Client(App(database, settings, clock, chance), {"Authorization": f"Bearer {key}"})
        try:
            yield Desk(client, clock, case.channel)
        finally:
            client.close()
            database.close()
            for left in folder.glob("case.db*"):
                left.unlink()

    yield opened


def tell(desk: Desk, case: Case) -> None:
    """State all facts of a case, each at the moment at which it became known.

    Errors:  Refused.
    """
    desk.state([{"kind": kind, "code": code, **said} for (kind, code), said in case.facts.items()])
    for at, changes in case.history:
        desk.clock.at = at
        desk.state(changes)
    if not case.history:
        desk.clock.at = NOW
    for code, uses in case.query.get("prior_redemptions", {}).items():
        for number in range(int(uses)):
            desk.order(case, code, f"{code} {number}")


def context(case: Case) -> Said:
    """For whom, where and when a case asks."""
    query = case.query
    named = {"campaign": query.get("campaign"), **query.get("context", {})}
    return kept(
        customer=query.get("customer"), channel=case.channel, currency=case.currency(query.get("currency")),
        order_type=query.get("document"), at=query.get("ordered_at", query.get("at")),
        delivery_at=query.get("promised_at"), coupons=query.get("codes"), attributes=kept(**named),
    )  # fmt: skip


def line(case: Case, **said: Any) -> Said:
    """The one line that a case asks for."""
    query = case.query
    attributes = [f"{name}:{value}" for name, value in context(case).get("attributes", {}).items()]
    item = query.get("item", "item") + (f"/{query['variant']}" if "variant" in query else "")
    asked = kept(item=item, quantity=query.get("qty", "1"), unit=query.get("uom"))
    return {**asked, **context(case), **kept(attributes=attributes), **said}

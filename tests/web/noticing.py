"""Facts as they are put by somebody who has not confirmed anything, and what is then said of them."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from listino.core.findings import Checks
from listino.flows.access import created
from listino.web.app import App
from listino.web.openapi.document import document
from listino.web.settings import WebSettings
from tests.asgi import Client, Response
from tests.shop import CountedChance, House
from tests.web.schema import faults_in

SEEDS = count(1_000, 1_000)
SAW = {"action": "price", "list": "base", "item": "saw"}
HAMMER = {"action": "price", "list": "base", "item": "hammer"}


def put(house: House, code: str, kind: str = "rules", confirm: str | None = None, **said: Any) -> Response:
    return house.client.request("PUT", f"/v1/{kind}/{code}", json=said, params={"confirm": confirm} if confirm else {})


def noticed(answer: Response) -> list[tuple[str, str | None]]:
    """What an answer that was given warns of: (check, the other record's code)."""
    assert answer.status in {200, 201}, answer.body
    lines = answer.json().get("warnings", [])
    for line in lines:
        schema = document()["components"]["schemas"]["NoticeLine"]
        assert list(faults_in(line, schema, document())) == []
    return [(line["check"], line["other"] and line["other"]["code"]) for line in lines]


def revision(house: House) -> int:
    return int(house.get("/readyz").json()["revision"])


def lists(house: House, *codes: str) -> None:
    for code in codes:
        house.put("price-lists", code)
        house.put("assignments", f"{code}-all", list=code)


def door(house: House, checks: Checks, *scopes: str) -> Client:
    """Other doors of the same house, with other settings, for a key of its own."""
    chance = CountedChance(next(SEEDS))
    _, secret = created(house.database, "desk", list(scopes or ["all"]), channel=None, test=False,
                        now=datetime(2026, 1, 1, tzinfo=UTC), chance=chance)  # fmt: skip
    settings = WebSettings(metrics_folder=str(house.path.parent / "other"), checks=checks)
    return Client(App(house.database, settings, house.clock, chance), {"Authorization": f"Bearer {secret}"})

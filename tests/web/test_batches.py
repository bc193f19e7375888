"""Lines of a batch are priced each by itself: how many come together, and in which order, changes none."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.flows.access import created
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.books import Books
from tests.flows.test_price_properties import company_of
from tests.shop import NOW, CountedChance, SetClock
from tests.worlds import question

CONTEXT = ("customer", "channel", "currency", "country", "ship_to", "order_type")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batches")


@pytest.fixture(scope="module")
def books(folder: Path) -> Books:
    return Books(folder)


def context_of(chance: random.Random) -> dict[str, Any]:
    """What all lines of a batch share."""
    ask = asdict(question(chance))
    shared = {name: ask[name] for name in CONTEXT if ask[name] is not None}
    how = {"explain": chance.choice(("none", "applied", "all")), "ladder": chance.random() < 0.3}
    return {**shared, **how, "coupons": list(ask["coupons"]), "at": ask["at"].isoformat()}


def lines_of(chance: random.Random) -> list[dict[str, Any]]:
    """Lines to ask for, some twice; some that there is no answer to."""
    asks = [asdict(question(chance)) for _ in range(chance.randint(2, 12))]
    lines = [{name: str(ask[name]) for name in ("item", "quantity", "unit") if ask[name] is not None} for ask in asks]
    lines += chance.sample(lines, k=1)
    if chance.random() < 0.5:
        lines.append(chance.choice(({"item": "nothing"}, {"item": "I1", "quantity": "0"}, {"item": "I1", "unit": "?"})))
    chance.shuffle(lines)
    return [{"id": str(place), **line} for place, line in enumerate(lines)]


def parts_of(lines: list[dict[str, Any]], chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    """The same lines in another order, in batches of any size."""
    left = chance.sample(lines, k=len(lines))
    while left:
        size = chance.randint(1, len(left))
        yield left[:size]
        left = left[size:]


def answers(client: Client, context: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer to each line by its id; in the texts of faults without its place in the batch."""
    answer = client.request("POST", "/v1/prices", json={**context, "lines": lines})
    assert answer.status == 200, answer.body
    found = json.loads(re.sub(r"lines\[\d+\]", "lines[]", answer.body.decode()))["lines"]
    assert [line["id"] for line in found] == [line["id"] for line in lines]
    return {line["id"]: line for line in found}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_splitting_a_batch_changes_no_line(books: Books, folder: Path, seed: int) -> None:
    chance, facts = company_of(seed)
    with books.opened(*facts) as database:
        tokens = CountedChance()
        _, secret = created(database, "shop", ["all"], channel=None, test=False, now=NOW, chance=tokens)
        app = App(database, WebSettings(metrics_folder=str(folder / "metrics")), SetClock(), tokens)
        client = Client(app, {"Authorization": f"Bearer {secret}"})
        try:
            for _ in range(3):
                context, lines = context_of(chance), lines_of(chance)
                whole = answers(client, context, lines)
                apart: dict[str, Any] = {}
                for part in parts_of(lines, chance):
                    apart |= answers(client, context, part)
                assert apart == whole
        finally:
            client.close()

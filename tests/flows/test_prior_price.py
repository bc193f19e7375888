"""The prior price of random companies' reductions, beside one found by asking for every price that there was."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.prior import NoPrior, Prior
from listino.core.question import NoPrice
from listino.db.engine import Database
from listino.flows.facts import Stated, save
from listino.flows.price import Asked, price, snapshot
from listino.flows.prior import priced
from tests.books import Books

# Everything happens on a grid, so that asking at each of its instants misses nothing. No clock is set meanwhile.
STEP = timedelta(hours=6)
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
STEPS = 70 * 4
DAYS = 10
Seen = tuple[datetime, Decimal | None, tuple[str | None, ...]]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(Path(tmp_path_factory.mktemp("prior")))


def a_change(chance: random.Random, at: datetime) -> Stated:
    """Something that a company might do: another price, a campaign now or by its dates, its end, a pause, a member."""
    value = str(chance.choice([60, 70, 80, 90, 100]))
    start = at + chance.randint(-20, 40) * STEP
    dates: dict[str, Any] = {"valid_from": start.isoformat(), "valid_to": (start + 12 * STEP).isoformat()}
    sale = {"action": "percent", "step": "promotion", "item": "I", "show_as": "discount",
            "value": chance.choice(["10", "20"])}  # fmt: skip
    return chance.choice([
        Stated("rules", "base", {"action": "price", "list": "base", "item": "I", "value": value}),
        Stated("rules", "base", {"action": "price", "list": "base", "item": "I", "value": value}),
        Stated("rules", "club", {"action": "price", "customer_group": "G", "item": "I", "value": "75"} | dates),
        Stated("rules", "sale", sale),
        Stated("rules", "sale", sale | {"status": "blocked"}),
        Stated("rules", "week", sale | dates),
        Stated("rules", "special", {"action": "price", "item_group": "T", "value": "85", "show_as": "discount"}
               | dates),
        Stated("items", "I", {"status": chance.choice(["active", "active", "blocked"]), "item_groups": ["T"]}),
        Stated("customers", "C", {"customer_groups": chance.choice([[], ["G"]])}),
    ])  # fmt: skip


def a_history(database: Database, chance: random.Random) -> None:
    """What a company stated in the course of the days; it ends with a campaign, mostly."""
    save(database, [
        Stated("item-groups", "T", {}), Stated("items", "I", {"item_groups": ["T"]}),
        Stated("customer-groups", "G", {}), Stated("customers", "C", {}),
        Stated("countries", "IT", {"prior_price_days": DAYS}),
        Stated("rules", "base", {"action": "price", "list": "base", "item": "I", "value": "100"}),
    ], "test", None, BEGIN)  # fmt: skip
    for step in sorted(chance.sample(range(1, STEPS), chance.randint(3, 25))):
        at = BEGIN + step * STEP
        save(database, [a_change(chance, at)], "test", None, at)


def seen(database: Database, until: datetime) -> list[Seen]:
    """The price at each instant, as it was known then, and by which rules it was reduced."""
    found: list[Seen] = []
    at = BEGIN
    while at <= until:
        outcome = price(snapshot(database, at), Asked("I", at, customer="C")).price
        shown = ("sale", "week", "special")
        rules = tuple([code for _, _, code, *_ in outcome.steps if code in shown])
        net = None if isinstance(outcome, NoPrice) else outcome.net_price
        found.append((at, net, rules))
        at += STEP
    return found


def expected(history: list[Seen]) -> tuple[Decimal, datetime] | str | None:
    """The prior price and when the reduction began, in the plainest words."""
    _, now, rules = history[-1]
    if now is None or not rules:
        return None
    sold = [one for one in history if one[1] is not None]
    began = len(sold) - 1
    while began > 0 and sold[began - 1][1:] == (now, rules):
        began -= 1
    since = sold[began][0]
    # With the step before the days begin: it ended when they began, at the earliest.
    opens = since - timedelta(days=DAYS) - STEP
    before = [(at, net) for at, net, _ in sold[:began] if net is not None]
    counted = [net for at, net in before if at >= opens] or [net for _, net in before[-1:]]
    return (min(counted), since) if counted else "new_item"


@pytest.mark.parametrize("seed", range(25))
def test_the_way_back_finds_what_asking_for_every_price_finds(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    with books.opened() as database:
        a_history(database, chance)
        history = seen(database, BEGIN + (STEPS - 1) * STEP)
        for end in sorted(chance.sample(range(40, STEPS), 12)):
            at = BEGIN + end * STEP
            found = priced(snapshot(database, at), Asked("I", at, customer="C")).prior
            wanted = expected(history[: end + 1])
            if isinstance(found, Prior):
                assert (found.price.net_price, found.reduced_since) == wanted
            else:
                assert wanted == (found.reason if isinstance(found, NoPrior) else None)
        # Asked again with what is remembered by now, the newest answer is the same.
        at = BEGIN + (STEPS - 1) * STEP
        first = priced(snapshot(database), Asked("I", at, customer="C")).prior
        assert priced(snapshot(database), Asked("I", at + STEP / 2, customer="C")).prior == first
        assert first == priced(snapshot(database, at), Asked("I", at, customer="C")).prior

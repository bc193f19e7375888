"""What-if tells what a commit would do: for any company, any draft and any line; and it writes nothing."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from listino.core.errors import Refused
from listino.core.facts import KIND_OF, Assignment, Fact, Rate, Tax
from listino.core.question import NoPrice
from listino.core.rules import Rule
from listino.db.book import Change
from listino.db.draft import drafted
from listino.db.engine import Database
from listino.db.past_lines import Which
from listino.db.snapshot import snapshot
from listino.flows.access import created
from listino.flows.price import Asked, price
from listino.flows.what_if import Begun, Effect, Part, Total, what_if
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.books import Books, changed
from tests.shop import CountedChance
from tests.world_rules import rules
from tests.worlds import NOW, company, question

LINES_PER_COMPANY = 30
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("what-if"))


def asked_lines(chance: random.Random) -> list[Asked]:
    """Questions of which no two have the same customer, item, currency and unit."""
    found: dict[tuple[object, ...], Asked] = {}
    for _ in range(LINES_PER_COMPANY):
        ask = question(chance)
        if ask.unit == "BX" and ask.item == "I3":
            continue
        one = Asked(ask.item, ask.at, ask.customer, ask.quantity, ask.unit, ask.channel, ask.currency or "EUR",
                    ask.country, coupons=ask.coupons, explain="none", breaks=False)  # fmt: skip
        found[one.customer, one.item, one.currency, one.unit or "own"] = one
    return list(found.values())


def hand_in(database: Database, lines: list[Asked]) -> None:
    """An order of each line, taken as any order is."""
    _, secret = created(database, "store", ["all"], channel=None, test=False, now=NOW, chance=CountedChance())
    client = Client(App(database, WebSettings(), lambda: NOW, CountedChance()), {"Authorization": f"Bearer {secret}"})
    try:
        for number, one in enumerate(lines):
            line = {"item": one.item, "quantity": str(one.quantity), "unit": one.unit}
            said = {
                "number": str(number), "ordered_at": NOW.isoformat(), "currency": one.currency, "lines": [line],
                "customer": one.customer, "channel": one.channel, "buyer": {"name": "Anna"},
                "ship_to": {"country": one.country}, "vouchers": [{"code": code, "gross": "0"} for code in one.coupons],
            }  # fmt: skip
            assert client.request("POST", "/v1/orders", json=said).status == 201
    finally:
        client.close()


def draft(chance: random.Random, facts: list[Fact]) -> list[Change]:
    """Some records ended, some stated otherwise, some new: as another company of the same codes has them."""
    there = {(KIND_OF[type(fact)], fact.code): fact for fact in facts}
    others = [*company(chance), *rules(chance, chance.randint(1, 12))]
    others += [replace(rule, code=f"N{rule.code}") for rule in rules(chance, chance.randint(1, 5))]
    likely = chance.choice((0.02, 0.05, 0.2))
    changes = {
        (KIND_OF[type(fact)], fact.code): Change(KIND_OF[type(fact)], fact.code, fact)
        for fact in others
        if chance.random() < likely
    }
    ends = (Rule, Assignment, Tax, Rate) if chance.random() < 0.8 else (object,)
    for record, fact in there.items():
        if isinstance(fact, ends) and chance.random() < likely / 2:
            changes[record] = Change(*record, None)
    return list(changes.values())


def told(database: Database, asked: Asked) -> Decimal | str:
    """The net amount of a line, or the reason why it has none."""
    try:
        outcome = price(snapshot(database), asked).price
    except Refused as error:
        return error.code
    return outcome.reason if isinstance(outcome, NoPrice) else outcome.net


def tried(database: Database, changes: list[Change], which: Which = Which()) -> list[Part]:  # noqa: B008
    return [part for parts in what_if(database, lambda book: drafted(book, changes), which, NOW) for part in parts]


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_it_tells_what_a_commit_would_do_to_every_line(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    facts = [*company(chance), *rules(chance, chance.randint(1, 30))]
    changes = draft(chance, facts)
    with books.opened(*facts) as database:
        lines = [replace(one, at=NOW) for one in asked_lines(chance)]
        hand_in(database, lines)
        before = [told(database, one) for one in lines]
        parts = attempted(lambda: tried(database, changes))
        assert [told(database, one) for one in lines] == before
        committed = attempted(lambda: changed(database, changes))
        if isinstance(parts, Refused) or isinstance(committed, Refused):
            assert (type(parts), str(parts)) == (type(committed), str(committed))
            event("refused")
        else:
            compare(lines, before, [told(database, one) for one in lines], parts)


def attempted(work: Callable[[], Answer]) -> Answer | Refused:
    try:
        return work()
    except Refused as error:
        return error


def compare(lines: list[Asked], before: list[Decimal | str], after: list[Decimal | str], parts: list[Part]) -> None:
    total = parts[-1]
    assert isinstance(parts[0], Begun)
    assert isinstance(total, Total)
    found: dict[tuple[object, ...], Effect] = {
        (one.customer, one.item, one.currency, one.quantity, one.unit): one for one in parts if isinstance(one, Effect)
    }
    assert len(found) == sum(isinstance(one, Effect) for one in parts)
    untouched = 0
    for line, was, will in zip(lines, before, after, strict=True):
        units = (line.unit,) if line.unit else ("C62", "GRM", None)
        effect = next(
            (one for unit in units
             if (one := found.get((line.customer, line.item, line.currency, line.quantity, unit))) is not None), None
        )  # fmt: skip
        if effect is None:
            untouched += 1
            assert was == will, line
            continue
        assert (effect.before if effect.reason_before is None else effect.reason_before) == was, line
        assert (effect.after if effect.reason_after is None else effect.reason_after) == will, line
    assert (total.lines, total.lines_untouched) == (len(lines), untouched)
    event("something untouched" if untouched else "all touched")
    event("another price" if before != after else "the same prices")

"""What holds of the times that a basket's answer names: nothing of it changes before."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.facts import Account, Customer, CustomerGroup, Fact, Membership, Rate
from listino.core.rules import Caps, Requirement, Rule, Scope
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.basket import Basket, LineFound, basket
from listino.flows.price import Asked, line_of
from tests.books import Books
from tests.core.test_basket_properties import counter, lines
from tests.flows.test_quote_properties import facts_of
from tests.worlds import NOW, window

seeds = st.integers(min_value=0, max_value=1 << 32)
GROUPS = ("G1", "G2", "G3")
# What the counter's offers add to a basket.
GIVEN = "F"
RATES = tuple(map(Decimal, ("1.1", "1.2", "2")))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("time"))


def company(chance: random.Random) -> list[Fact]:
    """A counter whose facts begin and end at some time, and a customer who joins and leaves groups."""
    facts = [fact for fact in facts_of(counter(chance)) if not isinstance(fact, Customer)]
    members = tuple(Membership(group=code, **window(chance, 0.9)) for code in GROUPS if chance.random() < 0.9)
    later = [
        replace(fact, code=f"{fact.code}-later", value=fact.value + 1, **window(chance, 1))
        for fact in facts
        if isinstance(fact, Rule)
        and fact.list == "base"
        and fact.value is not None
        and chance.random() < (0.9 if fact.item == GIVEN else 0.3)
    ]
    return [
        *(CustomerGroup(code=code) for code in GROUPS),
        Account(code="N", customer_groups=tuple(chance.sample(GROUPS, k=chance.randint(0, 1)))),
        Customer(code="C", country="IT", account="N", customer_groups=members),
        Rate(code="old", currency="EUR", to_currency="USD", rate=chance.choice(RATES)),
        Rate(code="new", currency="EUR", to_currency="USD", rate=chance.choice(RATES), **window(chance, 1)),
        *(timed(fact, chance) if isinstance(fact, Rule) and fact.list is None else fact for fact in facts),
        *later,
    ]


def timed(rule: Rule, chance: random.Random) -> Rule:
    """A rule for a while or a group; with groups in its scopes, where they can stand."""
    changes: dict[str, Any] = window(chance, 0.3)
    if chance.random() < 0.2:
        changes["dated_by"] = "delivery"
    if chance.random() < 0.2:
        changes["customer_group"] = chance.choice(GROUPS)
    if chance.random() < 0.2:
        changes["unless"] = Scope(customer_group=chance.choice(GROUPS))
    if chance.random() < 0.3 and rule.action != "limit":
        by = chance.choice(("line", "order"))
        members = Scope(customer_group=chance.choice(GROUPS))
        changes["requires"] = (*rule.requires, Requirement(measure="quantity", by=by, from_=Decimal(1), scope=members))
    if rule.offer is not None and chance.random() < 0.5:
        bought, target = (
            Scope(customer_group=chance.choice(GROUPS)) if chance.random() < 0.5 else None for _ in range(2)
        )
        changes["offer"] = replace(rule.offer, bought=bought, target=target if rule.action == "bundle" else None)
    if chance.random() < 0.2 and rule.action in ("percent", "amount") and rule.own_line is None and rule.sign is None:
        changes["caps"] = Caps(amount=Decimal(chance.randint(1, 60)), beyond=chance.choice(("refuse", "split")))
    return replace(rule, **changes)


def edges_of(facts: list[Fact]) -> list[datetime]:
    """Every moment at which some fact or membership begins or ends."""
    return sorted({edge for fact in facts for edge in _edges(fact)})


def _edges(fact: Any) -> Iterator[datetime]:
    for entry in (fact, *getattr(fact, "customer_groups", ())):
        for name in ("valid_from", "valid_to"):
            if (edge := getattr(entry, name, None)) is not None:
                yield edge


def asked_at(book: Snapshot, wanted: list[tuple[str, str, str]], context: Asked, at: datetime) -> Basket:
    context = replace(context, at=at)
    return basket(book, context, [line_of(context, item, Decimal(quantity), None) for item, quantity, _ in wanted])


def essence(found: Basket) -> list[Any]:
    """All that a basket comes to, without why other rules did not apply and how long it may be kept."""
    price = found.price
    return [
        [line_essence(line) for line in found.lines], price.free_goods, price.charges, price.totals,
        price.reserved, price.coupons_unused,
    ]  # fmt: skip


def line_essence(found: Any) -> list[Any]:
    """A line as the basket makes it."""
    line = found.priced
    return [*before_tax(found), line.net, line.tax, line.gross, line.own_lines]


def before_tax(found: Any) -> list[Any]:
    """A line as it is before tax is worked out over the whole basket, whose coins may fall on any line."""
    assert isinstance(found, LineFound)
    price = found.priced.price
    return [getattr(price, name, None) for name in ("reason", "steps", "net", "gross")] + [found.priced.shares]


@given(seeds)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_of_a_basket_changes_before_it_says_so(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    facts, wanted = company(chance), lines(chance)
    if chance.random() < 0.7:
        wanted = [line for line in wanted if line[0] != GIVEN] or [("A", "9", "L")]
    edges = edges_of(facts)
    delivery = chance.choice((None, None, NOW + timedelta(hours=chance.randint(-60, 60))))
    context = Asked("", NOW, customer="C", currency=chance.choice((None, "USD")), delivery_at=delivery)
    with books.opened(*facts) as database:
        book = snapshot(database)
        for at in (NOW, chance.choice(edges or [NOW])):
            first = asked_at(book, wanted, context, at)
            until = first.price.next_change_at
            times = [line.priced.price.next_change_at for line in first.lines if isinstance(line, LineFound)]
            assert until is None or until > at
            assert all(time is None or (until is not None and until <= time) for time in times)
            for edge in edges:
                if at < edge and (until is None or edge < until):
                    assert essence(asked_at(book, wanted, context, edge)) == essence(first)
                elif at < edge:
                    then = asked_at(book, wanted, context, edge)
                    for line, later, time in zip(first.lines, then.lines, times, strict=True):
                        assert (time is not None and time <= edge) or before_tax(line) == before_tax(later)

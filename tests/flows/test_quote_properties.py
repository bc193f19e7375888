"""What holds of every basket and the orders that follow from it, whatever rules are in reach."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.config import SystemChance
from listino.core.facts import Customer, Fact, ItemGroup
from listino.core.orders import Charge, Order, OrderLine
from listino.core.rules import Caps, Rule
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.basket import Basket, basket
from listino.flows.intake import Caller, Taken, priced
from listino.flows.price import Asked, line_of
from listino.flows.promises import promised
from listino.flows.quotes import Signer
from tests.books import Books, put
from tests.core.baskets import VAT, Counter
from tests.core.test_basket_properties import counter, lines
from tests.worlds import NOW

seeds = st.integers(min_value=0, max_value=1 << 32)
many = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("quotes"))


def facts_of(shop: Counter) -> list[Fact]:
    """A counter's items, rules and taxes as the facts of a book; prices stand in the base list."""
    return [
        Customer(code="C", country="IT"), ItemGroup(code="T"), ItemGroup(code="U"), shop.listed,
        *(replace(item, item_groups=shop.groups[code]) for code, item in shop.items.items()),
        *(replace(tax, country="IT", tax_class=name) for name, taxes in VAT.items() for tax in taxes),
        *(replace(rule, list="base" if rule.code.startswith("P-") else None) for rule in shop.rules),
    ]  # fmt: skip


@dataclass
class Case:
    """A basket that was asked for, and the order that follows from it."""

    database: Database
    asked: list[tuple[str, str, str]]
    signer: Signer

    def basket(self, at: datetime = NOW) -> tuple[Basket, str]:
        book, context = snapshot(self.database), Asked("", at, customer="C")
        found = basket(book, context, [line_of(context, item, Decimal(many), None) for item, many, _ in self.asked])
        quote = promised(book, context, found, SystemChance().token_hex(12), timedelta(minutes=30))
        assert quote is not None
        return found, self.signer.signed(quote)

    def order(self, said: Sequence[OrderLine] | None = None, **other: Any) -> Taken:
        wanted = tuple(said or (OrderLine(item=item, quantity=Decimal(many)) for item, many, _ in self.asked))
        order = Order(number="1", ordered_at=NOW, currency="EUR", customer="C", lines=wanted, **other)
        return priced(
            snapshot(self.database), order, Caller("s", None, test=False), None,
            now=NOW, chance=SystemChance(), signer=self.signer,
        )  # fmt: skip


@contextmanager
def case(books: Books, seed: int) -> Iterator[tuple[random.Random, Counter, Case]]:
    """A shop with a basket in it, drawn by a seed."""
    chance = random.Random(seed)
    shop, asked = counter(chance), lines(chance)
    shop = replace(shop, rules=tuple(capped(rule, chance) for rule in shop.rules))
    with books.opened(*facts_of(shop)) as database:
        yield chance, shop, Case(database, asked, Signer(database, SystemChance()))


def capped(rule: Rule, chance: random.Random) -> Rule:
    """Some rules are only there for so long."""
    if chance.random() < 0.8 or rule.action in ("price", "limit"):
        return rule
    beyond = chance.choice(["refuse", "split"])
    return replace(rule, caps=Caps(uses=chance.randint(1, 2), quantity=Decimal(chance.randint(1, 40)), beyond=beyond))


def changed(case: Case, shop: Counter, chance: random.Random) -> None:
    """Everything may change: prices, and whether a rule is there."""
    put(case.database, *(
        replace(rule, list="base", value=Decimal(chance.randint(1, 200)))
        if rule.code.startswith("P-") else replace(rule, status=chance.choice(["active", "blocked"]))
        for rule in shop.rules
    ))  # fmt: skip


def comes_to(found: Basket) -> tuple[Decimal, ...]:
    """What a basket comes to."""
    totals = found.price.totals
    assert totals.tax is not None
    assert totals.gross is not None
    return totals.net, totals.tax, totals.gross


def charged(taken: Taken) -> tuple[Decimal, ...]:
    """What an order comes to."""
    return taken.totals.net, taken.totals.tax, taken.totals.gross


def stated(found: Basket) -> tuple[list[OrderLine], tuple[Charge, ...]]:
    """What a store says that takes all from the basket: its lines, and charges for what stands beside them."""
    lines = [
        OrderLine(item=line.price.item, quantity=line.price.quantity, net=line.net, tax=line.tax, gross=line.gross)
        for line in found.price.lines
    ]
    beside: list[Any] = [*found.price.charges, *(own for line in found.price.lines for own in line.own_lines)]
    return lines, tuple(Charge(net=one.net, tax=one.tax, gross=one.gross) for one in beside)


@given(seeds)
@many
def test_an_order_without_amounts_is_charged_what_its_basket_comes_to(books: Books, seed: int) -> None:
    with case(books, seed) as (_, _, one):
        found, _ = one.basket()
        taken = one.order()
        assert (taken.held, charged(taken)) == ((), comes_to(found))
        assert taken.found.free_goods == found.price.free_goods
        assert taken.found.charges == found.price.charges


@given(seeds)
@many
def test_what_a_store_takes_from_a_basket_is_no_difference(books: Books, seed: int) -> None:
    with case(books, seed) as (_, _, one):
        found, _ = one.basket()
        said, charges = stated(found)
        assert one.order(said, charges=charges).held == ()


@given(seeds)
@many
def test_a_quote_is_honoured_whatever_has_changed_and_in_whatever_order_the_lines_come(books: Books, seed: int) -> None:
    with case(books, seed) as (chance, shop, one):
        found, quote = one.basket()
        if chance.random() < 0.8:
            changed(one, shop, chance)
        chance.shuffle(one.asked)
        taken = one.order(quote=quote)
        assert (taken.held, charged(taken)) == ((), comes_to(found))
        said, charges = stated(found)
        wanted = [line for line in said if line.net is not None]
        again = one.order(wanted, charges=charges, quote=quote)
        paid_goods = any(goods.net for goods in found.price.free_goods)
        assert again.held == (("charge_difference",) if paid_goods else ())


@given(seeds)
@many
def test_a_quote_of_another_basket_is_never_honoured(books: Books, seed: int) -> None:
    with case(books, seed) as (chance, _, one):
        _, quote = one.basket()
        place = chance.randrange(len(one.asked))
        item, many_of, name = one.asked[place]
        one.asked[place] = (item, str(int(many_of) + 1), name)
        assert "quote_differs" in one.order(quote=quote).held

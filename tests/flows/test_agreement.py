"""Our answers and those of a resolver that walks every fact are the same."""

import random
from dataclasses import asdict, replace
from decimal import localcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.question import NoPrice, Price
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price
from tests.books import Books
from tests.naive import naive_price
from tests.naive_told import Told
from tests.world_rules import world
from tests.worlds import question

QUESTIONS_PER_COMPANY = 12


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("agreement"))


def near(told: Told) -> Told:
    """Without the last digits of amounts that no decimal holds, as a third: they depend on the order of work."""
    with localcontext(prec=60):
        return replace(
            told,
            net_price=round(told.net_price, 20),
            gross_price=None if told.gross_price is None else round(told.gross_price, 20),
            list_price=round(told.list_price, 20),
            steps=[(step, rule, round(amount, 20)) for step, rule, amount in told.steps],
            own_lines=[(own[0], round(own[1], 20), *own[2:]) for own in told.own_lines],
            parts=[(round(quantity, 20), net) for quantity, net in told.parts],
        )


def as_told(answer: Price | NoPrice) -> Told:
    """One of our answers as the naive resolver words it."""
    if isinstance(answer, NoPrice):
        return Told(answer.reason)
    return Told(
        None, answer.per, answer.currency, answer.net_price, answer.gross_price, answer.list_price, answer.net,
        answer.tax, answer.gross, [(step[0], step[2], step[6]) for step in answer.steps], answer.final,
        [(own.rule.code, own.quantity, own.net, own.tax, own.gross) for own in answer.own_lines],
        [(part.quantity, part.net) for part in answer.segments], answer.flags,
    )  # fmt: skip


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_resolve_agrees_with_a_naive_resolver_on_every_question(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    facts = world(chance)
    with books.opened(*facts) as database:
        book = snapshot(database)
        for _ in range(QUESTIONS_PER_COMPANY):
            ask = question(chance, facts)
            told = as_told(price(book, Asked(**asdict(ask))).price)
            assert near(told) == near(naive_price(facts, ask)), ask

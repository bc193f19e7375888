"""Our answers and those of a resolver that walks every fact are the same."""

import random
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.question import NoPrice, Price
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price
from tests.books import Books
from tests.naive import Told, naive_price
from tests.worlds import company, question, rules

QUESTIONS_PER_COMPANY = 12


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("agreement"))


def near(told: Told) -> Told:
    """Without the last digits of amounts that no decimal holds, as a third: they depend on the order of work."""
    told.net_price, told.list_price = round(told.net_price, 20), round(told.list_price, 20)
    told.gross_price = None if told.gross_price is None else round(told.gross_price, 20)
    told.steps = [(step, rule, round(amount, 20)) for step, rule, amount in told.steps]
    return told


def as_told(answer: Price | NoPrice) -> Told:
    """One of our answers as the naive resolver words it."""
    if isinstance(answer, NoPrice):
        return Told(answer.reason)
    return Told(
        None, answer.per, answer.currency, answer.net_price, answer.gross_price, answer.list_price, answer.net,
        answer.tax, answer.gross, [(step[0], step[2], step[6]) for step in answer.steps],
    )  # fmt: skip


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_resolve_agrees_with_a_naive_resolver_on_every_question(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    facts = [*company(chance), *rules(chance, chance.randint(1, 30))]
    chance.shuffle(facts)
    with books.opened(*facts) as database:
        book = snapshot(database)
        for _ in range(QUESTIONS_PER_COMPANY):
            ask = question(chance)
            if ask.unit == "BX" and ask.item == "I3":
                continue
            told = as_told(price(book, Asked(**asdict(ask))).price)
            assert near(told) == near(naive_price(facts, ask)), ask

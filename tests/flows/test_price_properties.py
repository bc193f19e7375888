"""What holds for every company and every question: order, silence of losers, edges of time, sums and chains."""

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.candidates import every_candidate
from listino.core.facts import Fact
from listino.core.ladder import ladder
from listino.core.question import Facts, NoPrice, Price, Question
from listino.core.resolve import resolve
from listino.core.rules import Rule
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, pair_for, price
from tests.books import Books
from tests.naive_reach import Ask
from tests.world_rules import rules
from tests.worlds import company, question

QUESTIONS_PER_COMPANY = 10
IDLE = (
    Rule(code="0-draft", action="price", customer="C1", item="I1", value=Decimal(1), status="draft"),
    Rule(code="0-other", action="price", customer="C9", item="I1", value=Decimal(1)),
    Rule(
        code="0-past", action="price", item="I1", value=Decimal(1), valid_to=datetime.fromisoformat("2020-01-01T00:00Z")
    ),
    Rule(code="0-far", action="percent", value=Decimal(99), country="JP"),
    Rule(code="0-many", action="percent", value=Decimal(99), order_type="never"),
)
seeded = st.integers(0, 10**9)
many = settings(max_examples=40, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Case:
    """A question with the facts that its answer depends on."""

    ask: Ask
    question: Question
    facts: Facts


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("properties"))


def company_of(seed: int) -> tuple[random.Random, list[Fact]]:
    chance = random.Random(seed)
    return chance, [*company(chance), *rules(chance, chance.randint(1, 25))]


def asks(chance: random.Random) -> Iterator[Ask]:
    for _ in range(QUESTIONS_PER_COMPANY):
        ask = question(chance)
        if ask.unit is None or ask.item != "I3":
            yield ask


def cases(books: Books, seed: int) -> Iterator[Case]:
    chance, facts = company_of(seed)
    with books.opened(*facts) as database:
        book = snapshot(database)
        for ask in asks(chance):
            pair = pair_for(book, Asked(**asdict(ask)))
            unit = ask.unit or pair.facts.item.unit
            asked = Question(
                ask.item, ask.customer, ask.quantity, unit, pair.currency, ask.at, pair.facts.circle.channel,
                ask.order_type, "all",
            )  # fmt: skip
            yield Case(ask, asked, pair.facts)


def essence(answer: Price | NoPrice) -> Any:
    """All of an answer but why others did not apply and how long it may be kept."""
    if isinstance(answer, NoPrice):
        return answer.reason
    return [
        answer.net_price, answer.gross_price, answer.per, answer.net, answer.tax, answer.gross,
        [(step[0], step[2], step[5], step[6]) for step in answer.steps],
    ]  # fmt: skip


def all_answers(books: Books, facts: list[Fact], questions: list[Ask]) -> list[Any]:
    with books.opened(*facts) as database:
        book = snapshot(database)
        return [essence(price(book, Asked(**asdict(ask))).price) for ask in questions]


@many
@given(seeded)
def test_the_order_in_which_facts_were_stated_is_irrelevant(books: Books, seed: int) -> None:
    chance, facts = company_of(seed)
    questions = list(asks(chance))
    first = all_answers(books, facts, questions)
    chance.shuffle(facts)
    assert all_answers(books, facts, questions) == first


@many
@given(seeded)
def test_a_rule_that_does_not_apply_changes_no_price(books: Books, seed: int) -> None:
    chance, facts = company_of(seed)
    facts.append(replace(next(fact for fact in facts if fact.code == "C2"), code="C9"))
    questions = list(asks(chance))
    assert all_answers(books, [*facts, *IDLE], questions) == all_answers(books, facts, questions)


@many
@given(seeded)
def test_the_ladder_is_what_asking_each_quantity_answers(books: Books, seed: int) -> None:
    for case in cases(books, seed):
        reached = every_candidate((*case.facts.steps, *case.facts.lists.values()))
        if any(one.rule.caps or (one.rule.scale and one.rule.scale.kind == "graduated") for one in reached):
            continue
        rungs = ladder(case.question, case.facts)
        starts = [start for start, _ in rungs if start > 0]
        for start, rung in rungs:
            answer = resolve(replace(case.question, quantity=start or Decimal("0.000000001")), case.facts)
            assert isinstance(answer, Price)
            assert (answer.net_price, answer.gross_price, answer.per) == (rung.net_price, rung.gross_price, rung.per)
        for start, following in pairwise(starts):
            between = (start + following) / 2
            if case.question.unit == "C62":
                between = between.to_integral_value(rounding="ROUND_FLOOR")
            answer = resolve(replace(case.question, quantity=between), case.facts)
            held = next(rung for at, rung in reversed(rungs) if at <= between)
            assert isinstance(answer, NoPrice) or answer.net_price == held.net_price


@many
@given(seeded)
def test_an_answer_does_not_change_before_it_says_so(books: Books, seed: int) -> None:
    _, facts = company_of(seed)
    edges = sorted({edge for fact in facts for edge in _edges(fact)})
    for case in cases(books, seed):
        answer = resolve(case.question, case.facts)
        until = answer.next_change_at
        assert until is None or until > case.question.at
        for edge in edges:
            if case.question.at < edge and (until is None or edge < until):
                assert essence(resolve(replace(case.question, at=edge), case.facts)) == essence(answer)


def _edges(fact: Any) -> Iterator[datetime]:
    for entry in (fact, *getattr(fact, "customer_groups", ())):
        for name in ("valid_from", "valid_to"):
            if getattr(entry, name, None) is not None:
                yield getattr(entry, name)


@many
@given(seeded)
def test_net_and_tax_are_gross_and_no_lowest_price_is_undercut(books: Books, seed: int) -> None:
    for case in cases(books, seed):
        answer = resolve(case.question, case.facts)
        if not isinstance(answer, Price):
            continue
        assert answer.tax is None or answer.net + answer.tax == answer.gross
        assert answer.net_price >= 0
        by_code = {candidate.rule.code: candidate.rule for step in case.facts.steps for candidate in step.live}
        bounds: list[tuple[str | None, object]] = [(step[2], step[4]) for step in answer.steps if step[1] == "limit"]
        bounds += [(rule.code, amount) for _, rule, reason, amount in answer.not_applied if reason == "limit_kept"]
        last = answer.steps[-1][6]
        for code, amount in bounds:
            assert isinstance(amount, Decimal)
            assert by_code[code or ""].bound == "max" or last >= amount


@many
@given(seeded)
def test_each_step_takes_over_where_the_last_one_ended(books: Books, seed: int) -> None:
    for case in cases(books, seed):
        answer = resolve(case.question, case.facts)
        for part in (answer.segments or (answer,)) if isinstance(answer, Price) else (answer,):
            for (*_, ended), (_, _, _, _, _, began, _) in pairwise(part.steps):
                assert ended == began

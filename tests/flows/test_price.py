"""A price asked of the book: who and what is around the question, and that nothing remembered is ever stale."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from listino.core.errors import Malformed, NotFound
from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Channel,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    Membership,
    PriceList,
    Rate,
    Selection,
    Tax,
    Unit,
)
from listino.core.question import Price
from listino.core.rules import Formula, Rule
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, prefetched, price
from tests.books import Books, ended, put
from tests.core.lines import d, off
from tests.core.lines import price as rule

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
COMPANY: tuple[Fact, ...] = (
    ItemGroup(code="tools"),
    ItemGroup(code="hammers", parent="tools"),
    Item(code="hammer", item_groups=("hammers",), cost=d(4)),
    Item(code="hammer-red", variant_of="hammer"),
    Item(code="wire", unit="MTR"),
    Account(code="holding"),
    Account(code="rossi-spa", parent="holding", currency="EUR"),
    CustomerGroup(code="club"),
    Customer(code="rossi", account="rossi-spa", country="IT"),
    Customer(code="meier", country="DE", customer_groups=("club",)),
    Channel(code="web", country="FR", customer_groups=("club",)),
    PriceList(code="L1", currency="EUR"),
    rule("hammer", "10", list="base", item="hammer"),
    rule("wire", "2", list="base", item="wire"),
    Tax(code="it", percent=d(22), country="IT"),
    Tax(code="de", percent=d(19), country="DE"),
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("price"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened(*COMPANY) as database:
        yield database


def asked(database: Database, item: str = "hammer", customer: str | None = "rossi", **said: Any) -> object:
    """The unit price, or the reason why there is none."""
    answer = price(
        snapshot(database, said.pop("known_at", None)), Asked(item, said.pop("at", AT), customer, **said)
    ).price
    return answer.net_price if isinstance(answer, Price) else answer.reason


# What is stated, and for whom it then holds: (facts, question, price).
AROUND: list[Any] = [
    pytest.param([rule("r", "9", customer="rossi", item="hammer")], {}, "9", id="the customer"),
    pytest.param([rule("r", "9", account="holding", item="hammer")], {}, "9", id="an account above"),
    pytest.param([rule("r", "9", item_group="tools")], {}, "9", id="a group above"),
    pytest.param([rule("r", "9", customer_group="club")], {"customer": "meier"}, "9", id="the customer's group"),
    pytest.param([rule("r", "9", customer_group="club")], {"customer": None, "channel": "web"}, "9", id="a guest"),
    pytest.param([rule("r", "9", customer_group="club")], {}, "10", id="another's group"),
    pytest.param([rule("r", "9", channel="web", item="hammer")], {"channel": "web"}, "9", id="the channel"),
    pytest.param([rule("r", "9", channel="web", item="hammer")], {}, "10", id="no channel"),
    pytest.param([], {"item": "hammer-red"}, "10", id="a variant has its parent's price"),
    pytest.param([rule("r", "9", variant="hammer-red")], {"item": "hammer-red"}, "9", id="a variant's own"),
    pytest.param([rule("r", "9", variant="hammer-red")], {}, "10", id="not its parent's"),
    pytest.param([rule("r", "9", item="hammer", country="DE")], {"country": "DE"}, "9", id="a country that is asked"),
    pytest.param([off("r", "50", coupon="HALF")], {"coupons": ("HALF",)}, "5", id="a coupon"),
    pytest.param([off("r", "50", coupon="HALF")], {}, "10", id="no coupon"),
    pytest.param([off("r", "50", ship_to="dock", customer="rossi")], {"ship_to": "dock"}, "5", id="a delivery"),
    pytest.param([rule("r", "9", list="L1", item="hammer")], {}, "10", id="a list of nobody"),
    pytest.param([rule("r", "9", list="L1", item="hammer"), Assignment(code="a", list="L1", account="holding")],
                 {}, "9", id="a list of an account above"),
    pytest.param([Rate(code="u", currency="EUR", to_currency="USD", rate=d(2))], {"currency": "USD"}, "20",
                 id="another currency"),
    pytest.param([Unit(code="MTR"), Unit(code="KMT", of="MTR", factor=d(1000))],
                 {"item": "wire", "unit": "KMT"}, "2000", id="a unit by what units are in general"),
    pytest.param([rule("r", "1500", item="wire", unit="KMT"), Unit(code="KMT", of="MTR", factor=d(1000))],
                 {"item": "wire"}, "1.5", id="a rule in such a unit"),
    pytest.param([Rule(code="f", action="price", customer="rossi", item="hammer",
                       formula=Formula(list="base", percent=d(-20)))], {}, "8", id="a formula over the base list"),
    pytest.param([PriceList(code="src"), rule("s", "7", list="src", item="hammer"),
                  Rule(code="f", action="price", customer="rossi", item="hammer", formula=Formula(list="src"))],
                 {}, "7", id="a formula over a list of nobody"),
    pytest.param([Rate(code="u", currency="USD", to_currency="EUR", rate=d("0.5")),
                  Item(code="hammer", cost=d(6), cost_currency="USD"),
                  Rule(code="l", action="limit", bound="min", value=d(400), basis="cost")],
                 {}, "12", id="a foreign cost"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "question", "expected"), AROUND)
def test_a_rule_holds_for_whom_and_what_it_names(
    database: Database, facts: list[Fact], question: dict[str, Any], expected: str
) -> None:
    put(database, *facts)
    assert asked(database, **question) == d(expected)


def test_a_formula_takes_its_list_whoever_it_is_assigned_to_and_whenever(database: Database) -> None:
    formula = Rule(code="f", action="price", customer="rossi", item="hammer", formula=Formula(list="L1"))
    past = Assignment(code="a", list="L1", customer="rossi", valid_to=datetime(2026, 1, 1, tzinfo=UTC))
    put(database, rule("s", "7", list="L1", item="hammer"), formula, past)
    assert asked(database) == d(7)


def test_a_list_counts_as_the_most_specific_partys_that_has_it_at_that_moment(database: Database) -> None:
    until = datetime(2026, 6, 20, tzinfo=UTC)
    put(
        database, rule("listed", "9", list="L1", item="hammer"), rule("house", "8", account="rossi-spa", item="hammer"),
        Assignment(code="own", list="L1", customer="rossi", valid_to=until), Assignment(code="every", list="L1"),
    )  # fmt: skip
    assert asked(database) == d(9)
    assert asked(database, at=until) == d(8)


def test_overlapping_memberships_give_a_discount_once(database: Database) -> None:
    days = [datetime(2026, 6, day, tzinfo=UTC) for day in (1, 10, 20, 30)]
    groups = (
        Membership(group="club", valid_from=days[0], valid_to=days[2]),
        Membership(group="club", valid_from=days[1]),
    )
    put(database, Customer(code="rossi", customer_groups=groups), off("m", "10", step="manual", customer_group="club"))
    assert asked(database) == d(9)


def test_the_base_list_stays_for_everyone_though_it_is_assigned_to_some_for_a_time(database: Database) -> None:
    put(database, Assignment(code="a", list="base", customer="rossi", valid_to=datetime(2026, 1, 1, tzinfo=UTC)))
    assert asked(database) == d(10)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([Item(code="hammer", status="blocked")], "item_blocked"),
        ([Assortment(code="few", exclude=Selection(item_groups=("tools",))), Customer(code="rossi", assortment="few")],
         "not_in_assortment"),
        ([Assortment(code="some", include=Selection(items=("wire",))), Account(code="rossi-spa", assortment="some")],
         "not_in_assortment"),
    ],
)  # fmt: skip
def test_what_is_not_sold_has_no_price(database: Database, facts: list[Fact], reason: str) -> None:
    put(database, *facts)
    assert asked(database) == reason


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"item": "nothing"}, "unknown_item"), ({"customer": "nobody"}, "unknown_customer"),
        ({"channel": "nowhere"}, "unknown_channel"),
    ],
)  # fmt: skip
def test_a_question_about_what_does_not_exist_is_refused(
    database: Database, question: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotFound) as refusal:
        asked(database, **question)
    assert refusal.value.code == code


def test_a_unit_without_factor_is_refused_with_those_that_have_one(database: Database) -> None:
    with pytest.raises(Malformed) as refusal:
        asked(database, unit="KGM")
    assert (refusal.value.code, refusal.value.faults[0].remedy) == (
        "unknown_unit", "Ask in one of: C62; or give the item a packaging.",
    )  # fmt: skip


# Each change, made after the question was asked once, and the price right after it.
STALE: list[Any] = [
    pytest.param([rule("hammer", "11", list="base", item="hammer")], "11", id="the price itself"),
    pytest.param([rule("new", "9", customer="rossi", item="hammer")], "9", id="a key that was absent"),
    pytest.param([off("all", "10")], "9", id="a rule of no scope"),
    pytest.param([CustomerGroup(code="vip"), Customer(code="rossi", customer_groups=("vip",)),
                  off("v", "20", customer_group="vip")], "8", id="the customer"),
    pytest.param([Account(code="holding", customer_groups=("club",)), off("c", "30", customer_group="club")], "7",
                 id="an account above"),
    pytest.param([ItemGroup(code="root"), ItemGroup(code="tools", parent="root"), off("t", "40", item_group="root")],
                 "6", id="the tree"),
    pytest.param([PriceList(code="L2", currency="EUR"), Assignment(code="a", list="L2"),
                  rule("l", "5", list="L2", item="hammer")], "5", id="a new list"),
    pytest.param([Item(code="hammer", status="blocked")], "item_blocked", id="the item"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), STALE)
def test_the_next_question_after_a_commit_sees_it_and_the_old_revision_stays(
    books: Books, facts: list[Fact], expected: str
) -> None:
    with books.opened(*COMPANY) as database:
        second = Database(database.url)
        assert [asked(one) for one in (database, second)] == [d(10), d(10)]
        put(database, *facts)
        assert [str(asked(one)) for one in (database, second)] == [expected, expected]
        assert asked(database, known_at=1) == d(10)
        second.close()


def test_an_ended_rule_is_gone_at_once(database: Database) -> None:
    put(database, rule("own", "9", customer="rossi", item="hammer"))
    assert asked(database) == d(9)
    ended(database, rule("own", "9"))
    assert asked(database) == d(10)
    assert asked(database, known_at=2) == d(9)


def test_a_tax_of_the_destination_counts(database: Database) -> None:
    found = [price(snapshot(database), Asked("hammer", AT, who, country=where)).price for who, where in
             (("rossi", None), ("meier", None), ("rossi", "DE"), ("rossi", "US"))]  # fmt: skip
    assert [answer.tax if isinstance(answer, Price) else "none" for answer in found] == [
        d("2.20"), d("1.90"), d("1.90"), None,
    ]  # fmt: skip


def test_a_batch_answers_as_one_by_one(database: Database) -> None:
    put(
        database,
        *(rule(f"r{number}", str(number), customer="rossi", item="wire", priority=number) for number in (1, 2)),
    )
    questions = [Asked(item, AT, "rossi", Decimal(2)) for item in ("hammer", "wire", "hammer-red", "hammer")]
    book = snapshot(database)
    prefetched(book, questions)
    batch = [price(book, question).price for question in questions]
    assert [answer.net for answer in batch if isinstance(answer, Price)] == [d(20), d(4), d(20), d(20)]

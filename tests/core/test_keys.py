"""Keys: under which text a fact is found, and which texts a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.facts import Account, Assignment, Contract, Customer, Fact, Item, Membership, Rate, Tax, Unit
from listino.core.keys import FIELD_OF, LETTER_OF, is_rule_key, key_of, keys_of_shapes, references, rule_key, shape_of
from listino.core.rules import Formula, Rule, Scope
from tests.core.lines import d

KEYS: list[tuple[Fact, str]] = [
    (Rule(code="r", action="price"), ""),
    (Rule(code="r", action="price", item="I"), "II"),
    (Rule(code="r", action="price", list="L", item="I", customer="C"), "CC|II|LL"),
    (Rule(code="r", action="percent", item_group="T", brand="B", channel="web", currency="EUR"), "TT|BB"),
    (Rule(code="r", action="percent", coupon="K", ship_to="S", variant="V", account="A", customer_group="G"),
     "AA|GG|SS|VV|KK"),
    (Item(code="a/b"), "items|a/b"),
    (Customer(code="C"), "customers|C"),
    (Unit(code="KGM"), "units|KGM"),
    (Tax(code="t", percent=d(22), country="IT"), "taxes|standard|IT"),
    (Tax(code="t", percent=d(22)), "taxes|standard|"),
    (Rate(code="r", currency="USD", to_currency="EUR", rate=d(1)), "rates|USD|EUR"),
    (Assignment(code="a", list="L", account="A"), "assignments|account|A"),
    (Assignment(code="a", list="L"), "assignments|everyone|"),
    (Contract(code="k", customer="C"), "contracts|customer|C"),
    (Contract(code="k", account="A"), "contracts|account|A"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "key"), KEYS)
def test_each_kind_of_fact_has_its_key(fact: Fact, key: str) -> None:
    assert key_of(fact) == key.replace("|", "\x1f")
    assert is_rule_key(key_of(fact)) is isinstance(fact, Rule)


def test_the_letters_are_stored_in_every_book_and_never_change() -> None:
    assert FIELD_OF == {
        "C": "customer", "A": "account", "G": "customer_group", "S": "ship_to", "I": "item", "V": "variant",
        "T": "item_group", "B": "brand", "Z": "item_set", "L": "list", "K": "coupon",
    }  # fmt: skip


def test_the_keys_of_a_question_are_all_shapes_filled_with_its_values() -> None:
    values = {"C": ("c",), "A": ("a", "b"), "I": ("i",), "T": (), "L": ("x", "y")}
    keys = keys_of_shapes(("", "C", "AI", "CT", "CIL", "Z"), values)
    assert [key.replace("\x1f", "|") for key in keys] == ["", "Cc", "Aa|Ii", "Ab|Ii", "Cc|Ii|Lx", "Cc|Ii|Ly"]


fields = st.sampled_from([field for field in LETTER_OF if field != "item_set"])


@given(st.dictionaries(fields, st.text("abc", min_size=1, max_size=2)))
def test_a_question_that_has_all_of_a_rules_values_asks_for_its_key(scope: dict[str, str]) -> None:
    key = rule_key(Rule(code="r", action="price", **scope))  # type: ignore[arg-type]  # the fields are drawn by name
    values = {LETTER_OF[field]: ("other", code) for field, code in scope.items()}
    assert key in keys_of_shapes((shape_of(key),), values)


def test_a_fact_refers_to_all_that_it_names_once() -> None:
    rule = Rule(
        code="r", action="price", customer="C", item="I", list="L", unless=Scope(item="I", brand="B", coupon="K"),
        formula=Formula(list="M"), ship_to="S",
    )  # fmt: skip
    assert references(rule) == (
        ("customers", "C"), ("items", "I"), ("price-lists", "L"), ("price-lists", "M"), ("brands", "B"),
    )  # fmt: skip


def test_groups_of_a_time_and_parents_are_references_too() -> None:
    account = Account(code="A", parent="P", customer_groups=("G", Membership(group="H")))
    assert references(account) == (("customer-groups", "G"), ("customer-groups", "H"), ("accounts", "P"))

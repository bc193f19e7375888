"""The demo company: always the same, whole in itself, as large as it says, and uneven as companies are."""

import gc
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from random import Random

import pytest

from listino.core.checks import faults_of
from listino.core.facts import (
    KIND_OF,
    Account,
    Assignment,
    Brand,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    PriceList,
    Rate,
)
from listino.core.keys import references, rule_key
from listino.core.question import NoPrice, Price
from listino.core.rules import Rule
from listino.demo import company
from listino.demo.days import DAY, Days
from tests.demo.shelf import NOW, Shelf, shelf

RULES_PER_KEY_MAX = 100
# Every so many prices are checked field by field; all other facts are.
PRICES_CHECKED_EACH = 11
PRICED_ITEMS_COUNT = 60
PRICES_ASKED_COUNT = 400


@dataclass(frozen=True)
class Demo:
    """All facts in their order, and by kind."""

    facts: tuple[Fact, ...]
    items: tuple[Item, ...]
    customers: tuple[Customer, ...]
    prices: tuple[Rule, ...]
    policies: tuple[Rule, ...]

    def count(self, kind: type[Fact]) -> int:
        return sum(isinstance(fact, kind) for fact in self.facts)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    gc.disable()  # Hundreds of thousands of records that all stay need not be looked through again and again.
    try:
        yield whole_demo()
    finally:
        gc.enable()


def whole_demo() -> Demo:
    facts = tuple(company.facts(Random(company.SEED)))
    rules = [fact for fact in facts if isinstance(fact, Rule)]
    return Demo(
        facts=facts,
        items=tuple(fact for fact in facts if isinstance(fact, Item)),
        customers=tuple(fact for fact in facts if isinstance(fact, Customer)),
        prices=tuple(rule for rule in rules if is_price(rule)),
        policies=tuple(rule for rule in rules if not is_price(rule)),
    )


def is_price(rule: Rule) -> bool:
    """A price of a list, or one agreed with a customer or account; not one for a whole group."""
    return rule.action == "price" and (rule.list is not None or rule.customer_group is None)


@pytest.fixture(scope="module")
def shelved(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shelf, tuple[Item, ...]]]:
    asked = company.questions()
    chosen = Random(1).sample(demo.items, PRICED_ITEMS_COUNT)
    items = (*chosen, *(item for item in demo.items if item.code in (asked.item, asked.guest_item)))
    parents = {item.variant_of for item in items if item.variant_of is not None}
    with shelf(tmp_path_factory.mktemp("demo"), demo.facts, frozenset(item.code for item in items) | parents) as opened:
        yield opened, items


def test_the_same_chance_and_day_give_the_same_facts(demo: Demo) -> None:
    again = company.facts(Random(company.SEED))
    assert all(one == other for one, other in zip_longest(demo.facts, again))


def test_another_chance_gives_another_company_of_the_same_size(demo: Demo) -> None:
    others = facts_before_prices(company.facts(Random(7)))
    codes = [fact.code for fact in others if isinstance(fact, Item | Customer)]
    assert len(codes) == len(demo.items) + len(demo.customers)
    assert set(codes) != {item.code for item in demo.items} | {customer.code for customer in demo.customers}


def test_the_company_is_as_large_as_it_says(demo: Demo) -> None:
    assert {
        kind.__name__: demo.count(kind)
        for kind in (Item, Customer, Account, CustomerGroup, PriceList, Assignment, Brand, ItemGroup)
    } == {
        "Item": 20_000,
        "Customer": 3_000,
        "Account": 900,
        "CustomerGroup": 27,
        "PriceList": 30,
        "Assignment": 30,
        "Brand": 120,
        "ItemGroup": 121,
    }
    assert (len(demo.prices), len(demo.policies)) == (300_000, 300)
    lists = [fact for fact in demo.facts if isinstance(fact, PriceList)]
    assert {fact.currency for fact in lists} == {"EUR", "CHF", "USD"}
    months = {(fact.valid_from, fact.to_currency) for fact in demo.facts if isinstance(fact, Rate)}
    assert len(months) == 3 * 25


def test_each_item_has_a_list_price_and_stands_in_the_tree(demo: Demo) -> None:
    listed = Counter(rule.item for rule in demo.prices if rule.list == "base" and rule.valid_from is None)
    assert listed == {item.code: 1 for item in demo.items}
    parents = {fact.code: fact.parent for fact in demo.facts if isinstance(fact, ItemGroup)}
    depths = Counter(depth_of(item.item_groups[0], parents) for item in demo.items)
    assert set(depths) == {2, 3, 4}


def depth_of(group: str, parents: dict[str, str | None]) -> int:
    parent = parents[group]
    return 1 if parent is None else 1 + depth_of(parent, parents)


def test_each_fact_comes_after_those_that_it_names_and_no_code_comes_twice(demo: Demo) -> None:
    seen: set[tuple[str, str]] = set()
    for fact in demo.facts:
        kind = KIND_OF[type(fact)]
        assert (kind, fact.code) not in seen, fact.code
        assert [named for named in references(fact) if named not in seen] == [], fact.code
        seen.add((kind, fact.code))


def test_units_of_items_and_packagings_are_known(demo: Demo) -> None:
    known = {fact.code for fact in demo.facts if KIND_OF[type(fact)] == "units"}
    used = {item.unit for item in demo.items} | {pack.unit for item in demo.items for pack in item.packagings}
    used |= {item.reference.unit for item in demo.items if item.reference is not None}
    used |= {rule.unit for rule in (*demo.prices, *demo.policies) if rule.unit is not None}
    assert used - known == set()


def test_every_fact_may_be_kept(demo: Demo) -> None:
    others = [fact for fact in demo.facts if not isinstance(fact, Rule)]
    checked = (*others, *demo.policies, *demo.prices[::PRICES_CHECKED_EACH])
    assert [(fact.code, fault) for fact in checked for fault in faults_of(fact)] == []
    assert max(Counter(map(rule_key, (*demo.prices, *demo.policies))).values()) <= RULES_PER_KEY_MAX


def test_names_are_normalised_and_no_two_items_share_one(demo: Demo) -> None:
    names = [name for item in demo.items if isinstance(item.name, dict) for name in item.name.values()]
    assert len(names) == 3 * len(demo.items)
    assert all(unicodedata.is_normalized("NFC", name) for name in names)
    assert len({str(item.name) for item in demo.items}) == len(demo.items)
    gtins = [item.gtin for item in demo.items if item.gtin is not None]
    assert len(gtins) == len(set(gtins)) > 10_000


def test_sizes_are_uneven_as_in_life(demo: Demo) -> None:
    of_list = sorted(Counter(rule.list for rule in demo.prices if rule.list).values(), reverse=True)
    assert of_list[0] > 10 * of_list[len(of_list) // 2] > 100 * of_list[-1]
    of_account = Counter(customer.account for customer in demo.customers if customer.account)
    assert of_account.most_common(1)[0][1] > 100
    assert sum(count == 1 for count in of_account.values()) > 200
    of_item = Counter(rule.item for rule in demo.prices if rule.customer is not None)
    assert of_item[company.questions().item] > 1_000 > 5 * of_item.most_common(2)[1][1]
    of_brand = Counter(item.brand for item in demo.items)
    assert of_brand.most_common(1)[0][1] > 20 * min(of_brand.values())


def test_many_prices_have_breaks_and_some_are_formulas(demo: Demo) -> None:
    assert sum(rule.scale is not None for rule in demo.prices) > 80_000
    assert {rule.list for rule in demo.prices if rule.formula is not None} == {"staff", "ch-base", "ch-web"}
    assert sum(rule.unit is not None for rule in demo.prices) > 100


def test_promotions_surround_whatever_day_it_is() -> None:
    for today in (DAY, date(2028, 2, 29)):
        now = Days(today).after(0)
        facts = company.facts(Random(company.SEED), today)
        windows = [
            (fact.valid_from, fact.valid_to)
            for fact in facts_before_prices(facts)
            if isinstance(fact, Rule) and fact.step == "promotion"
        ]
        starts_and_ends = [(start, end) for start, end in windows if start is not None and end is not None]
        assert len(starts_and_ends) == len(windows)
        assert sum(end <= now for _, end in starts_and_ends) >= 5
        assert sum(start <= now < end for start, end in starts_and_ends) >= 3
        assert sum(now < start for start, _ in starts_and_ends) >= 5


def facts_before_prices(facts: Iterator[Fact]) -> Iterator[Fact]:
    for fact in facts:
        if isinstance(fact, Rule) and is_price(fact):
            return
        yield fact


def test_people_stand_behind_every_customer_and_nobody_else(demo: Demo) -> None:
    people = dict(company.people(Random(company.SEED)))
    assert list(people) == [customer.code for customer in demo.customers]
    assert [
        customer.code
        for customer in demo.customers
        if (customer.country, customer.postcode) != (people[customer.code].country, people[customer.code].postcode)
    ] == []
    letters = {letter for person in people.values() for letter in person.name}
    assert {"ß", "è", "ı", "ł", "č", "É"} <= letters
    assert all(person.mail.endswith(".example") and person.mail.isascii() for person in people.values())


def test_orders_name_what_exists_and_lie_in_the_past_year(demo: Demo) -> None:
    orders = list(company.orders(Random(company.SEED)))
    items = {item.code: {item.unit, *(pack.unit for pack in item.packagings)} for item in demo.items}
    customers = {customer.code: customer.currency for customer in demo.customers}
    days = Days(DAY)
    assert len(orders) == len({(order.store, order.number) for order in orders}) == 400
    assert orders == sorted(orders, key=lambda order: order.ordered_at)
    assert days.after(-366) < orders[0].ordered_at < orders[-1].ordered_at < days.after(0)
    assert {order.store for order in orders} == {"web-shop", "phone"}
    assert all(customers[order.customer] == order.currency for order in orders)
    assert all(line.unit in items[line.item] and line.quantity > 0 for order in orders for line in order.lines)


def test_the_example_meets_a_price_three_discounts_a_charge_and_the_rounding(
    shelved: tuple[Shelf, tuple[Item, ...]],
) -> None:
    asked = company.questions()
    answer = shelved[0].price(asked.item, asked.customer, asked.quantity, unit=asked.unit, channel=asked.channel)
    assert isinstance(answer, Price)
    assert [(step[0], step[2], step[6]) for step in answer.steps] == [
        ("price", "ELETTRO-CB-10432", Decimal("1.48")),
        ("discount", "D-ELEC-EL-CA", Decimal("1.3024")),
        ("customer_discount", "C-AC-1001", Decimal("1.263328")),
        ("promotion", "PROMO-CABLE-WEEKS", Decimal("1.2001616")),
        ("charge", "CHG-CUT", Decimal("1.236166448")),
        ("rounding", None, Decimal("1.2362")),
    ]


def test_the_other_customer_has_an_agreed_price_without_tax(shelved: tuple[Shelf, tuple[Item, ...]]) -> None:
    asked = company.questions()
    answer = shelved[0].price(asked.item, asked.other_customer, asked.quantity, channel=asked.channel)
    assert isinstance(answer, Price)
    assert [(step[2], step[6]) for step in answer.steps] == [
        (asked.agreed.code, Decimal("1.31")),
        ("CHG-CUT", Decimal("1.3493")),
    ]
    assert answer.tax_fact is not None
    assert (answer.tax_fact.category, answer.tax) == ("K", Decimal("0.00"))
    assert asked.agreed_anew.value == Decimal("1.24")


def test_next_month_the_announced_price_holds(shelved: tuple[Shelf, tuple[Item, ...]]) -> None:
    asked = company.questions()
    answer = shelved[0].price_at(asked.next_price_at, asked.item, asked.customer, asked.quantity)
    assert isinstance(answer, Price)
    assert (answer.steps[0][2], answer.steps[0][6]) == (asked.next_price, Decimal("1.55"))
    assert asked.next_price_at > NOW


def test_a_large_quantity_meets_the_limit_and_a_reel_no_cut(shelved: tuple[Shelf, tuple[Item, ...]]) -> None:
    asked = company.questions()
    answer = shelved[0].price(asked.item, asked.customer, asked.limited_quantity)
    assert isinstance(answer, Price)
    assert (answer.steps[-1][0], answer.steps[-1][2], answer.net_price) == ("limit", "LIM-COST", Decimal("1.155"))
    reel = shelved[0].price(asked.item, asked.customer, unit=asked.reel)
    assert isinstance(reel, Price)
    assert "CHG-CUT" not in [step[2] for step in reel.steps]


def test_a_guest_of_the_web_shop_sees_a_gross_price_that_ends_in_99(shelved: tuple[Shelf, tuple[Item, ...]]) -> None:
    asked = company.questions()
    answer = shelved[0].price(asked.guest_item, None, channel=asked.guest_channel)
    assert isinstance(answer, Price)
    assert answer.gross_price == Decimal("195.99")


def test_prices_of_all_customers_lie_above_cost_but_for_what_is_agreed(
    demo: Demo, shelved: tuple[Shelf, tuple[Item, ...]]
) -> None:
    chance, refusals = Random(2), Counter[str]()
    for _ in range(PRICES_ASKED_COUNT):
        item, customer = chance.choice(shelved[1]), chance.choice(demo.customers)
        answer = shelved[0].price(item.code, customer.code, Decimal(chance.choice((1, 10, 500))))
        if isinstance(answer, NoPrice):
            refusals[answer.reason] += 1
        elif customer.currency == "EUR" and item.cost_currency is None and "CA-OUT" not in item.item_groups:
            assert item.cost is not None
            assert item.cost < answer.net_price / answer.per < 4 * item.cost, (item.code, customer.code)
    assert sum(refusals.values()) < PRICES_ASKED_COUNT / 20, refusals

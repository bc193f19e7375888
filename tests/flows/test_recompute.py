"""The explanation suffices: from the JSON of a price alone, a calculator of its own comes to the same amounts."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from listino.core.facts import Channel, Fact, Item, Measure, PriceAttribute, PriceList, Quotation
from listino.core.money import Rounding
from listino.core.rules import Caps, Chain, Formula, Indexed, OwnLine, Rule, Scale, Scheme, Step, Tier
from listino.core.schemes import agreement_first
from listino.db.engine import Database
from listino.flows.access import created
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.books import Books
from tests.naive_reach import Ask
from tests.recomputed import agrees, own_line_amount, recomputed
from tests.shop import NOW, CountedChance, House, SetClock
from tests.web.test_price_rules import CHOICE, RULES, house, off
from tests.world_rules import VALUES, rules, world
from tests.worlds import QUANTITIES, company, question

QUESTIONS_PER_COMPANY = 12
__all__ = ["house"]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("recompute"))


def assert_recomputed(answer: dict[str, Any]) -> None:
    """That the calculator agrees with every amount of an answer, its own lines too."""
    amounts = recomputed(answer)
    assert agrees(answer, amounts), (answer, amounts)
    if len({part["tax_mode"] for part in answer.get("segments") or (answer,)}) > 1:
        return  # A charge beside a line does not say of which part it is.
    for own in answer.get("own_lines", ()):
        told = own["gross"] if answer["tax_mode"] == "gross" and own["tax"] is not None else own["net"]
        assert Decimal(told) == own_line_amount(own), own


@pytest.mark.parametrize(("name", "rule", "asked", "expected"), RULES, ids=[entry[0] for entry in RULES])
def test_each_part_of_a_rule_can_be_worked_out_again(
    house: House, name: str, rule: dict[str, Any], asked: dict[str, Any], expected: str
) -> None:
    house.put("rules", "r", **rule)
    more: dict[str, str]
    for more in ({}, {"country": "DE"}, {"currency": "CHF"}, {"quantity": "7"}):
        house.put("rates", "chf", currency="CHF", to_currency="EUR", rate="1.07")
        answer = house.price("cable", **{"customer": "alfa-1", "channel": "b2b", **asked, **more})
        if answer["outcome"] == "price":
            assert_recomputed(answer)


def test_a_split_line_a_chosen_chain_and_a_list_of_constant_net_can_be_worked_out_again(house: House) -> None:
    def ask(**asked: str) -> dict[str, Any]:
        answer: dict[str, Any] = house.price("cable", **{"customer": "alfa-1", "channel": "b2b", **asked})
        assert_recomputed(answer)
        return answer

    house.put("rules", "few", **off("33", caps={"quantity": "3", "beyond": "split"}))
    assert [part["quantity"] for part in ask(quantity="7")["segments"]] == ["3", "4"]
    house.put("rules", "little", **off("50", step="promotion", caps={"amount_per_order": "7"}))
    assert any("left" in step for part in ask(quantity="7")["segments"] for step in part["steps"])
    house.put("schemes", "lower", **CHOICE)
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="lower")
    house.put("rules", "quarter", **off("25", step="quarter"))
    assert [step["step"] for step in ask()["steps"]] == ["listed", "quarter", "promotion"]
    house.put("channels", "b2b", currency="EUR", country="IT")
    house.put("price-lists", "shop", currency="EUR", tax_mode="gross", reference_percent="22", constant="net")
    house.put("assignments", "shop", list="shop")
    house.put("rules", "shop-cable", action="price", list="shop", item="cable", value="12.30")
    house.put("taxes", "de", percent="19", country="DE")
    assert ("reference_percent" in ask()["steps"][0], "reference_percent" in ask(country="DE")["steps"][0]) == (
        False,
        True,
    )


# What the small companies of other tests lack, so that every kind of step is met.
ATTRIBUTES = (PriceAttribute(name="rrp", value=Decimal("19.99"), currency="USD"),)
MEASURES = (Measure(name="copper", value=Decimal("0.3")),)
QUOTATION = Quotation(code="cu", quotation="copper", value=Decimal("93.1"), per=Decimal(7), currency="USD")


def rich_company(chance: random.Random) -> Iterator[Fact]:
    """A small company with weights, attributes, quotations, and a scheme with steps of every kind."""
    for fact in company(chance):
        if isinstance(fact, Item):
            weight = chance.choice((None, Decimal("0.25")))
            yield replace(fact, price_attributes=ATTRIBUTES, measures=MEASURES, weight=weight)
        elif isinstance(fact, PriceList) and chance.random() < 0.4:
            constant = chance.choice(("net", "gross"))
            yield replace(fact, reference_percent=Decimal(chance.choice(("7", "22"))), constant=constant)
        elif isinstance(fact, Channel):
            yield replace(fact, scheme=chance.choice((None, "rich", "rich")))
        else:
            yield fact
    yield QUOTATION
    yield _scheme(chance)


def _scheme(chance: random.Random) -> Scheme:
    ready = {step.name: step for step in agreement_first().steps}
    discount = replace(
        ready["discount"],
        pick="all",
        combine=chance.choice(("cascade", "additive")),
        base=chance.choice(("running", "price", "cost", "attribute:rrp", "list:base")),
    )
    early = replace(ready["limit"], name="early")
    coins = Step(name="coins", kind="rounding", rounding=Rounding(increment=Decimal("0.05")), currency="CHF")
    price: tuple[Step, ...] = (ready["price"],)
    if chance.random() < 0.3:
        other = replace(ready["price"], name="other", pick="best")
        off_it = replace(ready["discount"], name="off_it")
        chains = (Chain(name="one", steps=price), Chain(name="two", steps=(other, off_it)))
        price = (Step(name="way", kind="choose", pick=chance.choice(("best", "first")), chains=chains),)
    adjusting = (discount, ready["customer_discount"], ready["promotion"], ready["manual"], ready["charge"])
    return Scheme(code="rich", steps=(*price, early, *adjusting, ready["limit"], coins, ready["rounding"]))


def rich_rules(chance: random.Random) -> list[Rule]:
    """Rules of the kinds that the other companies have not."""
    return [_rich_rule(chance, f"X{number:02d}") for number in range(chance.randint(2, 9))]


def _rich_rule(chance: random.Random, code: str) -> Rule:
    value = chance.choice(VALUES)
    per, unit = chance.choice((Decimal(1), Decimal(1), Decimal(100))), chance.choice((None, None, "BX"))
    currency = chance.choice((None, None, "USD"))
    who: dict[str, Any] = {"customer": chance.choice(("C1", None, None)), "item": chance.choice(("I1", "I2", None))}
    money: dict[str, Any] = {"per": per, "unit": unit, "currency": currency}
    formula = Formula(
        **chance.choice(({"list": "base"}, {"attribute": "rrp"}, {"basis": "cost"}, {"basis": "base"})),
        percent=chance.choice((Decimal("-33"), Decimal("12.5"))),
        amount=chance.choice((Decimal(0), Decimal("0.35"))),
        rounding=chance.choice((None, Rounding(increment=Decimal("0.25"), offset=Decimal("0.05")))),
        min_margin=chance.choice((None, None, Decimal("0.7"))),
        max_margin=chance.choice((None, None, Decimal("2.5"))),
    )
    graduated = Scale(
        kind="graduated",
        tiers=(
            Tier(up_to=Decimal(3), value=value),
            Tier(up_to=Decimal(10), value=value / 3 // 1),
            Tier(value=Decimal(1)),
        ),
    )
    indexed = Indexed(
        quotation="copper", measure=chance.choice(("copper", "weight")), reference=Decimal(chance.choice(("0", "70"))),
        lowest=chance.choice((None, Decimal("0.5"))),
    )  # fmt: skip
    basis = chance.choice((None, "price", "cost", "attribute:rrp", "list:base", "step:discount"))
    caps = chance.choice((None, Caps(amount_per_order=Decimal("1.5")), Caps(quantity=Decimal(2), beyond="split")))
    choices: tuple[dict[str, Any], ...] = (
        {"action": "margin", "value": min(value, Decimal(90)), "basis": chance.choice((None, "price"))},
        {"action": "price", "formula": formula, "list": chance.choice((None, "L1", "L3")), **money},
        {"action": "price", "scale": graduated, **money},
        {"action": "price", "value": value, "step": "promotion", "list": chance.choice((None, "L3")), **money},
        {"action": "price", "formula": formula, "step": "promotion", **money},
        {"action": "indexed", "indexed": indexed},
        {"action": "percent", "value": min(value, Decimal(70)), "step": "manual", "basis": basis, "caps": caps},
        {"action": "percent", "value": min(value, Decimal(70)), "sign": "charge", "basis": basis},
        {"action": "percent", "scale": graduated, "step": chance.choice(("discount", "off_it"))},
        {"action": "amount", "value": value / 4 // 1, "caps": caps, **money},
        {"action": "amount", "value": value, "sign": "charge", "own_line": OwnLine(), **money},
        {"action": "limit", "bound": chance.choice(("min", "max")), "value": value, "step": "early", **money},
    )
    return Rule(code=code, **who, **chance.choice(choices))


@contextmanager
def doors(database: Database, folder: Path) -> Iterator[Client]:
    """A client that may see everything, at the doors of a database."""
    chance = CountedChance()
    _, secret = created(database, "auditor", ["all"], channel=None, test=False, now=NOW, chance=chance)
    settings_ = WebSettings(metrics_folder=str(folder / "metrics"))
    client = Client(App(database, settings_, SetClock(), chance), {"Authorization": f"Bearer {secret}"})
    try:
        yield client
    finally:
        client.close()


def asked(client: Client, ask: Ask) -> dict[str, Any] | None:
    """The answer to a question, where it has one."""
    said = {name: value for name, value in asdict(ask).items() if value not in (None, ())}
    item = said.pop("item")
    params = {
        name: value.isoformat() if isinstance(value, datetime) else ",".join(value) if name == "coupons" else str(value)
        for name, value in said.items()
    }
    answer = client.request("GET", f"/v1/prices/{item}", params=params)
    if answer.status == 400:
        assert answer.json()["code"] == "unknown_unit"
        return None
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found if found["outcome"] == "price" else None


# A price whose tenth digit is a 5 after a long chain of steps.
@example(seed=7358, rich=True)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), rich=st.booleans())
def test_every_price_of_any_company_can_be_worked_out_again(books: Books, seed: int, rich: bool) -> None:
    chance = random.Random(seed)
    facts = [*rich_company(chance), *rules(chance, 10), *rich_rules(chance)] if rich else world(chance, 20)
    facts = [replace(fact, amount_rounding="nearest") if isinstance(fact, Channel) else fact for fact in facts]
    with books.opened(*facts) as database, doors(database, database.path.parent) as client:
        for _ in range(QUESTIONS_PER_COMPANY):
            quantity = chance.choice((*QUANTITIES, Decimal(7)))
            ask = replace(question(chance), quantity=quantity, attributes=(), usage=None)
            answer = asked(client, ask)
            if answer is not None:
                assert_recomputed(answer)

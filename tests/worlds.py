"""Small companies drawn by chance, crowded enough that their rules meet, and questions to them."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Brand,
    Channel,
    Contract,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    ItemSet,
    Measure,
    Membership,
    Packaging,
    PriceAttribute,
    PriceList,
    Quotation,
    Rate,
    Selection,
    Tax,
    Unit,
)
from listino.core.money import Rounding
from listino.core.rules import Attributes, Rule
from tests.naive_reach import Ask

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
LISTS = ("L1", "L2", "L3", "base")
QUANTITIES = tuple(map(Decimal, ("0.5", "1", "2", "5", "6", "10", "12", "50", "100.25")))
USED = tuple(map(Decimal, ("0", "1", "3", "4.5", "8", "30")))
CODES = {
    "customer": ("C1", "C2"),
    "account": ("A1", "A2"),
    "customer_group": ("G1", "G2"),
    "ship_to": ("S1",),
    "item": ("I1", "I2", "I3"),
    "variant": ("I2",),
    "item_group": ("T1", "T2", "T3"),
    "brand": ("B1", "B2"),
    "item_set": ("Z1", "Z2"),
    "coupon": ("K1",),
    "channel": ("web",),
    "country": ("IT", "DE"),
    "order_type": ("rush",),
}
TRADES = ("roofer", "baker", "tiler")


def window(chance: random.Random, likely: float = 0.3) -> dict[str, Any]:
    """A time around now, or none: open on either side."""
    if chance.random() > likely:
        return {}
    start = NOW + timedelta(days=chance.randint(-4, 3))
    edges = {"valid_from": start, "valid_to": start + timedelta(days=chance.randint(1, 4))}
    return {name: edge for name, edge in edges.items() if chance.random() < 0.7}


def company(chance: random.Random, scheme: str | None = None) -> list[Fact]:
    """All facts but the rules and the scheme."""
    groups: tuple[str | Membership, ...] = ("G2", Membership(group="G1", **window(chance, 0.6)))
    return [
        Unit(code="KGM", of="GRM", factor=Decimal(1000)),
        ItemGroup(code="T1"), ItemGroup(code="T2", parent="T1"), ItemGroup(code="T3"),
        Brand(code="B1"), Brand(code="B2"),
        *_items(chance),
        ItemSet(code="Z1", include=Selection(item_groups=("T1",)), exclude=Selection(brands=("B2",))),
        ItemSet(code="Z2", include=Selection(items=("I2", "I3"))),
        CustomerGroup(code="G1", assortment="some" if chance.random() < 0.1 else None), CustomerGroup(code="G2"),
        Account(code="A1", customer_groups=("G1",) if chance.random() < 0.2 else (), attributes=_trades(chance)),
        Account(code="A2", parent="A1"),
        Customer(code="C1", account="A2", customer_groups=groups, country="IT", postcode="39100", tax_status="firm",
                 final=chance.choice((None, None, True, False)), attributes=_trades(chance)),
        Customer(code="C2", currency=chance.choice((None, "USD")), country="DE", attributes=_trades(chance),
                 assortment="few" if chance.random() < 0.2 else None),
        Assortment(code="few", exclude=Selection(item_groups=("T3",))),
        Assortment(code="some", include=Selection(items=("I1",))),
        Channel(code="web", customer_groups=("G2",), currency="EUR", scheme=scheme, attributes=_trades(chance),
                amount_rounding=chance.choice(("nearest", "nearest", "even", "up", "down"))),
        *_price_lists(chance),
        *_taxes(chance),
        *_dated(chance),
        *(_assignment(chance, number) for number in range(chance.randint(0, 6))),
    ]  # fmt: skip


def _items(chance: random.Random) -> list[Fact]:
    cost = chance.choice((None, Decimal(4), Decimal("7.5")))
    weight = chance.choice((None, Decimal("0.25"), Decimal(3)))
    prices = tuple(
        PriceAttribute(name=name, value=value, currency=chance.choice((None, "USD")))
        for name, value in (("rrp", Decimal(80)), ("msrp", Decimal("44.4")))
        if chance.random() < 0.7
    )
    copper = (Measure(name="copper", value=Decimal("0.2")),) if chance.random() < 0.6 else ()
    return [
        Item(code="I1", item_groups=("T2",), brand="B1", cost=cost, packagings=(_pack("BX", "12"), _pack("KGM", "3")),
             weight=weight, measures=copper, price_attributes=prices, attributes={"line": "pro"}),
        Item(code="I2", variant_of="I1", cost=cost, cost_currency="USD", packagings=(_pack("BX", "12"),), weight=weight,
             price_attributes=prices[:1], attributes={"line": ("home", "pro")} if chance.random() < 0.4 else None),
        Item(code="I3", item_groups=("T1", "T3"), unit="GRM", brand="B2", tax_class="reduced", weight=Decimal("0.001"),
             measures=copper),
    ]  # fmt: skip


def _pack(unit: str, factor: str) -> Packaging:
    return Packaging(unit=unit, factor=Decimal(factor))


def _trades(chance: random.Random) -> Attributes | None:
    if chance.random() < 0.6:
        return None
    return {"trade": chance.choice((chance.choice(TRADES), tuple(chance.sample(TRADES, k=2))))}


def _price_lists(chance: random.Random) -> list[Fact]:
    made_for: dict[str, Any] = {}
    if chance.random() < 0.4:
        made_for = {"reference_percent": Decimal(22), "constant": chance.choice(("net", "gross", None))}
    return [
        PriceList(
            code="L1", currency="EUR", decimals=chance.choice((None, 2)), final=chance.choice((None, None, True))
        ),
        PriceList(code="L2", currency="USD", final=chance.choice((None, None, False))),
        PriceList(code="L3", currency="EUR", tax_mode="gross", decimals=2, rounding=ending(chance), **made_for),
    ]


def ending(chance: random.Random) -> Rounding | None:
    """A grid on which prices end, or none."""
    if chance.random() < 0.4:
        return None
    return Rounding(
        increment=chance.choice((Decimal(1), Decimal(1), Decimal("0.05"))),
        offset=chance.choice((Decimal("-0.01"), Decimal("-0.01"), Decimal(0))),
        direction=chance.choice(("nearest", "up", "down", "even")),
    )


def _taxes(chance: random.Random) -> list[Fact]:
    return [
        Tax(code="it", percent=Decimal(22), country="IT"),
        Tax(code="it-reduced", percent=Decimal(10), country="IT", tax_class="reduced"),
        Tax(code="it-new", percent=Decimal(23), country="IT", **window(chance, 1)),
        Tax(code="eco", percent=Decimal(4), tax_class="eco", **window(chance)),
        Tax(code="zone", percent=Decimal(5), country="IT", postcode_from="39000", postcode_to="39999",
            **window(chance, 1)),
        Tax(code="firm", percent=Decimal(0), country="IT", tax_status="firm", category="AE", **window(chance, 1)),
        *([Tax(code="any", percent=Decimal(19))] if chance.random() < 0.7 else []),
    ]  # fmt: skip


def _dated(chance: random.Random) -> list[Fact]:
    """Exchange rates, quotations and contracts."""
    facts: list[Fact] = [Rate(code="usd-1", currency="USD", to_currency="EUR", rate=Decimal("0.9"))]
    if chance.random() < 0.5:
        facts.append(Rate(code="usd-2", currency="USD", to_currency="EUR", rate=Decimal("0.8"), **window(chance, 1)))
    if chance.random() < 0.8:
        facts.append(Rate(code="chf", currency="EUR", to_currency="CHF", rate=Decimal("0.95"), **window(chance)))
    facts += [_copper(chance, number) for number in range(chance.randint(0, 3))]
    whose: dict[str, Any] = chance.choice(({"customer": "C1"}, {"account": "A1"}, {"customer": "C2"}))
    selected = chance.choice((None, Selection(items=("I1",)), Selection(item_groups=("T1",))))
    currency = chance.choice((None, "USD"))
    facts.append(Contract(code="Q1", include=selected, currency=currency, **whose, **window(chance)))
    return facts


def _copper(chance: random.Random, number: int) -> Quotation:
    return Quotation(
        code=f"copper-{number}",
        quotation="copper",
        value=Decimal(chance.choice(("700", "850", "9.5"))),
        currency=chance.choice((None, "USD")),
        per=chance.choice((Decimal(1), Decimal(100))),
        unit=chance.choice(("KGM", "GRM")),
        **window(chance, 0.6),
    )


def _assignment(chance: random.Random, number: int) -> Assignment:
    party = chance.choice(("customer", "account", "customer_group", "channel", None))
    who: dict[str, Any] = {party: chance.choice(CODES[party])} if party else {}
    return Assignment(
        code=f"assigned-{number}",
        list=chance.choice(LISTS),
        sequence=chance.choice((0, 0, 1, 2)),
        mode=chance.choice(("merge", "merge", "merge", "only_if_empty", "replace")),
        **window(chance),
        **who,
    )


def question(chance: random.Random, facts: Iterable[Fact] = ()) -> Ask:
    """One question to such a company."""
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if chance.random() < 0.2:
        attributes = (("trade", tuple(chance.sample(TRADES, k=chance.randint(1, 2)))),)
    item = chance.choice(("I1", "I1", "I2", "I3"))
    return Ask(
        item=item,
        at=_moment(chance),
        customer=chance.choice(("C1", "C1", "C2", None)),
        quantity=chance.choice(QUANTITIES),
        unit=chance.choice((None, None, None, "BX" if item != "I3" else "KGM")),
        channel=chance.choice(("web", "web", "web", None)),
        currency=chance.choice((None, None, "USD", "EUR", "CHF")),
        country=chance.choice((None, None, "DE")),
        ship_to=chance.choice((None, "S1")),
        order_type=chance.choice((None, "rush")),
        coupons=chance.choice(((), ("K1",))),
        attributes=attributes,
        delivery_at=_moment(chance) if chance.random() < 0.3 else None,
        usage=_usage(chance, facts),
    )


def _moment(chance: random.Random) -> datetime:
    return NOW + timedelta(hours=chance.randint(-60, 60))


def _usage(chance: random.Random, facts: Iterable[Fact]) -> dict[str, Decimal] | None:
    """What is used up of contracts and capped rules; None leaves it to the ledger, which is empty."""
    if chance.random() < 0.3:
        return None
    subjects: list[tuple[str, ...]] = [("contract", "Q1", measure) for measure in ("quantity", "amount", "weight")]
    for rule in (fact for fact in facts if isinstance(fact, Rule) and fact.caps is not None):
        subjects += [("rule", rule.code, measure) for measure in ("uses", "quantity", "amount")]
        subjects += [("rule", rule.code, "customer", customer) for customer in CODES["customer"]]
    # A subject's parts are joined by a character that no code holds.
    return {"\x1f".join(subject): chance.choice(USED) for subject in subjects if chance.random() < 0.6}

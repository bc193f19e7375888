"""Small companies drawn by chance, crowded enough that their rules meet, and questions to them."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Brand,
    Channel,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    Membership,
    Packaging,
    PriceList,
    Rate,
    Selection,
    Tax,
    Unit,
)
from listino.core.money import Rounding
from listino.core.rules import Formula, Rule, Scale, Scope, Tier
from tests.naive_reach import Ask

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
LISTS = ("L1", "L2", "L3", "base")
QUANTITIES = tuple(map(Decimal, ("0.5", "1", "2", "5", "6", "10", "12", "50", "100.25")))
VALUES = tuple(map(Decimal, ("0", "1", "2.5", "5", "9.99", "10", "12.345", "20", "33.333333333", "70", "99.95")))
SCOPES = {
    "customer": ("C1", "C2"),
    "account": ("A1", "A2"),
    "customer_group": ("G1", "G2"),
    "ship_to": ("S1",),
    "item": ("I1", "I2", "I3"),
    "variant": ("I2",),
    "item_group": ("T1", "T2", "T3"),
    "brand": ("B1", "B2"),
    "coupon": ("K1",),
    "channel": ("web",),
    "country": ("IT", "DE"),
    "order_type": ("rush",),
}


def window(chance: random.Random, likely: float = 0.3) -> dict[str, Any]:
    """A time around now, or none: open on either side."""
    if chance.random() > likely:
        return {}
    start = NOW + timedelta(days=chance.randint(-4, 3))
    edges = {"valid_from": start, "valid_to": start + timedelta(days=chance.randint(1, 4))}
    return {name: edge for name, edge in edges.items() if chance.random() < 0.7}


def company(chance: random.Random) -> list[Fact]:
    """All facts but the rules."""
    cost = chance.choice((None, Decimal(4), Decimal("7.5")))
    groups: tuple[str | Membership, ...] = ("G2", Membership(group="G1", **window(chance, 0.6)))
    return [
        Unit(code="KGM", of="GRM", factor=Decimal(1000)),
        ItemGroup(code="T1"), ItemGroup(code="T2", parent="T1"), ItemGroup(code="T3"),
        Brand(code="B1"), Brand(code="B2"),
        Item(code="I1", item_groups=("T2",), brand="B1", cost=cost, packagings=(_pack("BX", "12"), _pack("KGM", "3"))),
        Item(code="I2", variant_of="I1", cost=cost, cost_currency="USD", packagings=(_pack("BX", "12"),)),
        Item(code="I3", item_groups=("T1", "T3"), unit="GRM", brand="B2", tax_class="reduced"),
        CustomerGroup(code="G1"), CustomerGroup(code="G2"),
        Account(code="A1", customer_groups=("G1",) if chance.random() < 0.2 else ()), Account(code="A2", parent="A1"),
        Customer(code="C1", account="A2", customer_groups=groups, country="IT", postcode="39100", tax_status="firm"),
        Customer(code="C2", currency=chance.choice((None, "USD")), country="DE",
                 assortment="few" if chance.random() < 0.2 else None),
        Assortment(code="few", exclude=Selection(item_groups=("T3",))),
        Channel(code="web", customer_groups=("G2",), currency="EUR"),
        PriceList(code="L1", currency="EUR", decimals=chance.choice((None, 2))),
        PriceList(code="L2", currency="USD"),
        PriceList(code="L3", currency="EUR", tax_mode="gross", decimals=2, rounding=_ending(chance)),
        *_taxes(chance),
        Rate(code="usd-1", currency="USD", to_currency="EUR", rate=Decimal("0.9")),
        *([Rate(code="usd-2", currency="USD", to_currency="EUR", rate=Decimal("0.8"), **window(chance, 1))]
          if chance.random() < 0.5 else []),
        *([Rate(code="chf", currency="EUR", to_currency="CHF", rate=Decimal("0.95"), **window(chance))]
          if chance.random() < 0.8 else []),
        *(_assignment(chance, number) for number in range(chance.randint(0, 6))),
    ]  # fmt: skip


def _pack(unit: str, factor: str) -> Packaging:
    return Packaging(unit=unit, factor=Decimal(factor))


def _ending(chance: random.Random) -> Rounding | None:
    if chance.random() < 0.4:
        return None
    return Rounding(
        increment=Decimal(1), offset=Decimal("-0.01"), direction=chance.choice(("nearest", "up", "down", "even"))
    )


def _taxes(chance: random.Random) -> list[Fact]:
    return [
        Tax(code="it", percent=Decimal(22), country="IT"),
        Tax(code="it-reduced", percent=Decimal(10), country="IT", tax_class="reduced"),
        Tax(code="it-new", percent=Decimal(23), country="IT", **window(chance, 1)),
        Tax(code="zone", percent=Decimal(5), country="IT", postcode_from="39000", postcode_to="39999",
            **window(chance, 1)),
        Tax(code="firm", percent=Decimal(0), country="IT", tax_status="firm", category="AE", **window(chance, 1)),
        *([Tax(code="any", percent=Decimal(19))] if chance.random() < 0.7 else []),
    ]  # fmt: skip


def _assignment(chance: random.Random, number: int) -> Assignment:
    party = chance.choice(("customer", "account", "customer_group", "channel", None))
    who: dict[str, Any] = {party: chance.choice(SCOPES[party])} if party else {}
    return Assignment(
        code=f"assigned-{number}",
        list=chance.choice(LISTS),
        sequence=chance.choice((0, 0, 1, 2)),
        **window(chance),
        **who,
    )


def rules(chance: random.Random, count: int) -> list[Rule]:
    """Rules of every kind; those of list prices come most."""
    made = [_rule(chance, f"R{number:02d}") for number in range(count)]
    return [*made, Rule(code="base-all", action="price", list="base", value=Decimal(50))]


def _rule(chance: random.Random, code: str) -> Rule:
    kind = chance.choice(
        ("price", "price", "list price", "list price", "formula", "percent", "percent", "amount", "limit")
    )
    fields: dict[str, Any] = {"code": code, **_scope(chance), **window(chance)}
    if kind in ("list price", "formula"):
        fields["list"] = chance.choice(LISTS[:3] if kind == "formula" else LISTS)
    if kind == "formula":
        fields["formula"] = Formula(
            list="base", percent=chance.choice((Decimal(-10), Decimal(5))), amount=chance.choice(VALUES[:3])
        )
    elif chance.random() < 0.4:
        fields["scale"] = _scale(chance, VALUES if kind != "percent" else VALUES[:9])
    else:
        fields["value"] = chance.choice(VALUES)
    fields["action"] = "price" if kind in ("list price", "formula") else kind
    if kind == "limit":
        fields |= {"bound": chance.choice(("min", "max")), "basis": chance.choice((None, "cost", "price"))}
    if kind in ("percent", "amount"):
        fields["step"] = chance.choice((None, "customer_discount", "promotion", "manual"))
        if chance.random() < 0.2:
            fields |= {"sign": "charge", "step": None}
    if kind == "percent":
        fields["basis"] = chance.choice((None, None, "price"))
    else:
        fields |= {"per": chance.choice((Decimal(1), Decimal(1), Decimal(100))), "currency": _currency(chance)}
    if chance.random() < 0.2:
        fields["unit"] = chance.choice(("BX", "C62", "KGM", "GRM"))
    if chance.random() < 0.15:
        fields["final"] = True
    if chance.random() < 0.1:
        fields["status"] = "draft"
    if chance.random() < 0.15:
        fields["priority"] = 5
    if chance.random() < 0.2:
        name, code = _one_of(chance)
        fields["unless"] = Scope(**{name: code})  # type: ignore[arg-type]
    return Rule(**fields)


def _currency(chance: random.Random) -> str | None:
    return chance.choice((None, None, None, "EUR", "USD", "CHF"))


def _one_of(chance: random.Random) -> tuple[str, str]:
    field = chance.choice(tuple(SCOPES))
    return field, chance.choice(SCOPES[field])


def _scope(chance: random.Random) -> dict[str, str]:
    party = chance.choice(("customer", "account", "customer_group", "channel", None, None))
    ware = chance.choice((("item",), ("variant",), ("item_group",), ("brand",), ("item_group", "brand"), ()))
    rare = [name for name in ("ship_to", "coupon", "country", "order_type") if chance.random() < 0.07]
    return {name: chance.choice(SCOPES[name]) for name in (party, *ware, *rare) if name is not None}


def _scale(chance: random.Random, values: tuple[Decimal, ...]) -> Scale:
    edges = sorted(
        chance.sample((Decimal("0.5"), Decimal(1), Decimal(5), Decimal(10), Decimal(50)), k=chance.randint(1, 3))
    )
    if chance.random() < 0.5:
        return Scale(tiers=tuple(Tier(from_=edge, value=chance.choice(values)) for edge in edges))
    ends: list[Decimal | None] = [*edges, None] if chance.random() < 0.6 else [*edges]
    return Scale(tiers=tuple(Tier(up_to=edge, value=chance.choice(values)) for edge in ends))


def question(chance: random.Random) -> Ask:
    """One question to such a company."""
    return Ask(
        item=chance.choice(("I1", "I1", "I2", "I3")),
        at=NOW + timedelta(hours=chance.randint(-60, 60)),
        customer=chance.choice(("C1", "C1", "C2", None)),
        quantity=chance.choice(QUANTITIES),
        unit=chance.choice((None, None, None, "BX")),
        channel=chance.choice(("web", None)),
        currency=chance.choice((None, None, "USD", "EUR", "CHF")),
        country=chance.choice((None, None, "DE")),
        ship_to=chance.choice((None, "S1")),
        order_type=chance.choice((None, "rush")),
        coupons=chance.choice(((), ("K1",))),
    )

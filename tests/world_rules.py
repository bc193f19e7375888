"""Rules and schemes drawn by chance, with every word that they know."""

import random
from decimal import Decimal
from typing import Any

from listino.core.facts import Fact
from listino.core.money import Rounding
from listino.core.rules import (
    Attributes,
    Caps,
    Chain,
    Formula,
    Indexed,
    OwnLine,
    Requirement,
    Rule,
    Scale,
    Scheme,
    Scope,
    Step,
    Tier,
)
from listino.core.scheme import ACCESS, RANKS
from listino.core.schemes import READY_SCHEMES
from tests.worlds import CODES, LISTS, TRADES, company, ending, window

VALUES = tuple(map(Decimal, ("0", "1", "2.5", "5", "9.99", "10", "12.345", "20", "33.333333333", "70", "99.95")))
EDGES = tuple(map(Decimal, ("0.5", "1", "5", "10", "50")))
KINDS = (
    "price", "price", "list price", "list price", "list price", "formula", "margin", "percent", "percent", "percent",
    "amount", "limit", "offer", "indexed", "own line",
)  # fmt: skip


def scheme(chance: random.Random) -> Scheme | str | None:
    """A scheme of one's own, or the name of a ready one, or none: the default."""
    named = chance.choice((None, "best_price", "list_chain", "own", "own", "own"))
    return _own_scheme(chance) if named == "own" else named


def world(chance: random.Random, most: int = 30) -> list[Fact]:
    """A company with a scheme and rules, in any order."""
    stated = scheme(chance)
    own = [stated] if isinstance(stated, Scheme) else []
    code = stated.code if isinstance(stated, Scheme) else stated
    facts = [*company(chance, code), *own, *rules(chance, chance.randint(1, most), stated)]
    chance.shuffle(facts)
    return facts


def steps_of(stated: Scheme | str | None) -> tuple[Step, ...]:
    """All steps of what `scheme` gave."""
    found = stated if isinstance(stated, Scheme) else READY_SCHEMES[stated or "agreement_first"]
    return tuple(one for step in found.steps for one in (step, *(inner for way in step.chains for inner in way.steps)))


def _own_scheme(chance: random.Random) -> Scheme:
    steps: list[Step] = []
    if chance.random() < 0.35:
        ways = [_way(chance, f"way{number}") for number in range(chance.randint(2, 3))]
        steps.append(Step(name="way", kind="choose", pick=chance.choice(("best", "first")), chains=tuple(ways)))
    if not steps or chance.random() < 0.3:
        steps.append(_step(chance, "price", "price"))
    if chance.random() < 0.2:
        steps.append(_step(chance, "fallback", "price"))
    for place, kind in enumerate(("limit", "allowance", "choose", "allowance", "allowance", "charge", "limit")):
        if chance.random() > (0.2 if kind == "choose" else 0.6):
            continue
        if kind == "choose":
            ways = [
                Chain(name=f"way{number}", steps=(_step(chance, f"choice{number}", "allowance"),)) for number in (8, 9)
            ]
            steps.append(Step(name="choice", kind=kind, pick="best", chains=tuple(ways)))
        else:
            steps.append(_step(chance, f"{kind}{place}", kind))
    if chance.random() < 0.7:
        steps.append(_rounding(chance))
    return Scheme(code="own", steps=(*steps, Step(name="order", kind="basket", pick="all")))


def _way(chance: random.Random, name: str) -> Chain:
    steps = [_step(chance, f"{name}price", "price")]
    steps += [_step(chance, f"{name}{kind}", kind) for kind in ("allowance", "limit") if chance.random() < 0.5]
    return Chain(name=name, steps=tuple(steps))


def _step(chance: random.Random, name: str, kind: str) -> Step:
    picks = ("specific", "first", "best") if kind == "price" else ("all", "all", "specific", "first", "best")
    fields: dict[str, Any] = {"name": name, "kind": kind, "pick": chance.choice(picks)}
    if chance.random() < 0.3:
        fields["access"] = tuple(chance.sample(ACCESS, k=chance.randint(20, len(ACCESS))))
    if chance.random() < 0.4:
        ranks = (*RANKS, "filled_keys:item+currency", "filled_keys:attributes+customer")
        fields["rank"] = tuple(chance.sample(ranks, k=chance.randint(1, 6)))
    if kind in ("allowance", "charge"):
        fields["combine"] = chance.choice(("cascade", "cascade", "additive"))
        bases = ("running", "running", "running", "price", "cost", "list:base", "list:L2", "attribute:rrp")
        fields["base"] = chance.choice((*bases, "step:price", "step:way0price"))
        fields["group"] = chance.choice((None, None, "one"))
    if chance.random() < 0.1:
        fields["currency_required"] = True
    if fields["pick"] != "all" and chance.random() < 0.06:
        fields["ties"] = "refuse"
    if kind == "limit":
        fields["when_unknown"] = chance.choice(("refuse", "flag", "flag"))
    return Step(**fields)


def _rounding(chance: random.Random) -> Step:
    if chance.random() < 0.5:
        return Step(name="rounding", kind="rounding")
    grid = ending(chance) or Rounding(increment=Decimal("0.25"))
    return Step(name="rounding", kind="rounding", rounding=grid, currency=chance.choice((None, "EUR", "CHF")))


def rules(chance: random.Random, count: int, stated: Scheme | str | None = None) -> list[Rule]:
    """Rules of every kind; those of list prices come most."""
    steps = steps_of(stated)
    made = [_rule(chance, f"R{number:02d}", steps) for number in range(count)]
    return [*made, Rule(code="base-all", action="price", list="base", value=Decimal(50))]


def _rule(chance: random.Random, code: str, steps: tuple[Step, ...]) -> Rule:
    kind = chance.choice(KINDS)
    fields: dict[str, Any] = {"code": code, "action": kind, **_scope(chance), **window(chance)}
    {
        "price": _price,
        "list price": _price,
        "formula": _formula,
        "margin": _margin,
        "limit": _limit,
        "offer": _offer,
        "indexed": _indexed,
        "own line": _own_line,
    }.get(kind, _reduction)(chance, fields, steps)
    if fields["action"] not in ("percent", "margin", "indexed"):
        fields |= {"per": chance.choice((Decimal(1), Decimal(1), Decimal(100))), "currency": _currency(chance)}
        fields["tax_mode"] = chance.choice((None, None, None, None, "net", "gross"))
    if fields.get("step") is None and chance.random() < 0.3:
        kinds = {"price": "price", "margin": "price", "limit": "limit"}
        wanted = kinds.get(fields["action"], fields.get("sign") or "allowance")
        fields["step"] = chance.choice((None, *(step.name for step in steps if step.kind == wanted)))
    _conditions(chance, fields)
    return Rule(**fields)


def _value(chance: random.Random, fields: dict[str, Any], scaled: float = 0.3) -> None:
    if chance.random() < scaled:
        fields["scale"] = _scale(chance, fields["action"] not in ("price", "margin"))
    else:
        fields["value"] = chance.choice(VALUES)


def _price(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    if fields["action"] == "list price":
        fields["list"] = chance.choice(LISTS)
    fields["action"] = "price"
    _value(chance, fields)


def _formula(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    sources: tuple[dict[str, str], ...] = (
        {"list": "L1"}, {"list": "L2"}, {"list": "L3"}, {"basis": "base"}, {"basis": "cost"}, {"attribute": "rrp"},
        {"attribute": "msrp"},
    )  # fmt: skip
    fields["action"] = "price"
    fields["list"] = chance.choice((*LISTS[:3], None))
    source = chance.choice(sources)
    if source.get("list") == fields["list"]:
        source = {"basis": "base"}  # A list made from itself is no list.
    fields["formula"] = Formula(
        **source,
        percent=chance.choice((Decimal(0), Decimal(-25), Decimal("33.3"))),
        amount=chance.choice((Decimal(0), Decimal(0), Decimal("-0.5"), Decimal(2))),
        rounding=ending(chance),
        min_margin=chance.choice((None, None, Decimal(3), Decimal(-1))),
        max_margin=chance.choice((None, None, Decimal(4), Decimal(-2))),
    )
    fields["show_as"] = chance.choice((None, "discount"))


def _margin(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    fields["list"] = chance.choice((None, *LISTS[:3]))
    fields["basis"] = chance.choice((None, "price"))
    _value(chance, fields)


def _reduction(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    """A percentage or an amount, off or on."""
    fields["list"] = chance.choice((None, None, None, *LISTS[:3]))
    if chance.random() < 0.25:
        fields["sign"] = "charge"
    if fields["action"] == "percent":
        fields["basis"] = chance.choice(_bases(steps))
    _value(chance, fields)


def _bases(steps: tuple[Step, ...]) -> tuple[str | None, ...]:
    named = ("price", "cost", "running", "list:L1", "list:base", "attribute:rrp", f"step:{steps[0].name}")
    return (*(None,) * 8, *named)


def _limit(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    fields["bound"] = chance.choice(("min", "max"))
    fields["basis"] = chance.choice((None, None, None, "cost", "price", "running", "list:L2", "attribute:rrp"))
    _value(chance, fields, 0.15)


def _offer(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    """A price in a step that takes off or adds."""
    fields["action"] = "price"
    fields["sign"] = chance.choice((None, None, "charge"))
    named = [step.name for step in steps if step.kind == (fields["sign"] or "allowance")]
    fields["step"] = chance.choice(named) if named else "none"
    fields["list"] = chance.choice((None, None, "L3"))
    _value(chance, fields)


def _indexed(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    fields["indexed"] = Indexed(
        quotation="copper",
        reference=chance.choice((Decimal(0), Decimal(800))),
        measure=chance.choice(("copper", "copper", "weight")),
        lowest=chance.choice((None, Decimal(0), Decimal("-0.2"))),
    )


def _own_line(chance: random.Random, fields: dict[str, Any], steps: tuple[Step, ...]) -> None:
    fields["own_line"] = OwnLine(
        per=chance.choice(("unit", "unit", "line", "order")), tax_class=chance.choice((None, "eco", "reduced"))
    )
    fields |= {"action": chance.choice(("amount", "amount", "percent")), "sign": chance.choice(("charge", None))}
    _value(chance, fields)


def _conditions(chance: random.Random, fields: dict[str, Any]) -> None:
    """What may stand beside any value."""
    rare: tuple[tuple[float, str, Any], ...] = (
        (0.2, "unit", chance.choice(("BX", "C62", "KGM", "GRM"))),
        (0.15, "final", chance.choice((True, True, False))),
        (0.08, "status", "draft"),
        (0.15, "priority", 5),
        (0.2, "unless", chance.choice((_narrow(chance), (_narrow(chance), _narrow(chance))))),
        (0.2, "requires", tuple(_requirement(chance) for _ in range(chance.randint(1, 2)))),
        (0.12, "caps", _caps(chance)),
        (0.1, "exclusive", True),
        (0.15, "exclusion_group", chance.choice(("E1", "E2"))),
        (0.15, "dated_by", "delivery"),
        (0.06, "below_limit", True),
    )
    fields |= {name: value for likely, name, value in rare if chance.random() < likely}


def _currency(chance: random.Random) -> str | None:
    return chance.choice((None, None, None, "EUR", "USD", "CHF"))


def _narrow(chance: random.Random) -> Scope:
    """A scope of one or two parts."""
    fields: dict[str, Any] = {}
    for _ in range(chance.randint(1, 2)):
        name = chance.choice((*CODES, "attributes", "unit", "currency"))
        held: dict[str, Any] = {"attributes": _wanted(chance), "unit": "BX", "currency": "USD"}
        fields[name] = held[name] if name in held else chance.choice(CODES[name])
    return Scope(**fields)


def _wanted(chance: random.Random) -> Attributes:
    trade = chance.choice((chance.choice(TRADES), tuple(chance.sample(TRADES, k=2))))
    wanted: tuple[Attributes, ...] = ({"trade": trade}, {"line": "pro"}, {"line": ("home", "none"), "trade": trade})
    return chance.choice(wanted)


def _scope(chance: random.Random) -> dict[str, Any]:
    party = chance.choice(("customer", "account", "customer_group", "channel", None, None))
    goods = (
        ("item",), ("variant",), ("item_set",), ("item_group",), ("brand",), ("item_group", "brand"), (),
        ("item_set", "brand"), ("item", "item_group"),
    )  # fmt: skip
    rare = [name for name in ("ship_to", "coupon", "country", "order_type") if chance.random() < 0.07]
    names = [name for name in (party, *chance.choice(goods), *rare) if name is not None]
    attributes = {"attributes": _wanted(chance)} if chance.random() < 0.1 else {}
    return {name: chance.choice(CODES[name]) for name in names} | attributes


def _requirement(chance: random.Random) -> Requirement:
    low, high = sorted(chance.sample((*EDGES, Decimal(200)), k=2))
    bounds = chance.choice(({"from_": low}, {"from_": low}, {"up_to": high}, {"from_": low, "up_to": high}))
    return Requirement(
        scope=_narrow(chance) if chance.random() < 0.3 else None,
        measure=chance.choice(("quantity", "quantity", "amount", "weight")),
        by=chance.choice(("line", "line", "order", "period:Q1")),
        basis=chance.choice(("net", "gross")),
        unit=chance.choice((None, None, "BX", "KGM")),
        **bounds,
    )


def _caps(chance: random.Random) -> Caps:
    fields: dict[str, Any] = {
        "uses": 4, "per_customer": 3, "quantity": chance.choice((Decimal(5), Decimal(20))), "amount": Decimal(40),
        "amount_per_order": Decimal(15),
    }  # fmt: skip
    chosen = chance.sample(tuple(fields), k=chance.randint(1, 2))
    return Caps(beyond=chance.choice(("refuse", "split", "split")), **{name: fields[name] for name in chosen})


def _scale(chance: random.Random, by_amount: bool) -> Scale:
    edges = sorted(chance.sample(EDGES, k=chance.randint(1, 3)))
    tiers = tuple(Tier(from_=edge, value=chance.choice(VALUES)) for edge in edges)
    if chance.random() < 0.5:
        ends: list[Decimal | None] = [*edges, None] if chance.random() < 0.6 else [*edges]
        tiers = tuple(Tier(up_to=edge, value=chance.choice(VALUES)) for edge in ends)
    measures = ("quantity", "quantity", "quantity", "weight", "amount" if by_amount else "quantity")
    return Scale(
        tiers=tiers,
        kind=chance.choice(("volume", "volume", "graduated")),
        measure=chance.choice(measures),
        by=chance.choice(("line", "line", "line", "order", "mix:a", "period:Q1")),
    )

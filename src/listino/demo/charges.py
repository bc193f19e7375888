"""Charges that come on top of a price, and limits that no price may pass."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.rules import Rule, Scale, Scope, Text, Tier
from listino.demo.axes import LANGUAGES

CLEARANCE = "CA-OUT"
# Code, action, value, group of items, unit, and the label in English, Italian and German.
CHARGES = (
    ("CHG-BATTERY", "amount", "0.35", "TO-CD-BT", None, "Battery fee~Contributo pile~Batterieabgabe"),
    ("CHG-LAMP", "amount", "0.05", "EL-LT-LP", None, "Lamp disposal~RAEE lampade~Lampenentsorgung"),
    ("CHG-LIGHT", "amount", "0.12", "EL-LT-LU", None, "Luminaire disposal~RAEE~Leuchtenentsorgung"),
    ("CHG-HAZARD", "amount", "0.20", "FA-AD-FO", None, "Hazardous goods~Merce pericolosa~Gefahrgut"),
    ("CHG-PALLET", "amount", "12.50", "PL-HE-FU", "PF", "Pallet~Bancale~Palette"),
    ("CHG-COPPER", "percent", "4.5", "PL-PI-CU", None, "Copper surcharge~Supplemento rame~Kupferzuschlag"),
    ("CHG-LONG", "percent", "2.5", "FA-TR", None, "Long goods~Merce lunga~Langgut"),
)
# Whoever buys less than a box has it opened: percent on top, up to a quantity.
OPENED_BOX = Scale(tiers=(Tier(up_to=Decimal(99), value=Decimal(9)), Tier(up_to=Decimal(499), value=Decimal(4))))


def charges() -> Iterator[Rule]:
    """What is added for work, freight, metal or waste."""
    for code, action, value, item_group, unit, label in CHARGES:
        yield Rule(
            code=code,
            action=action,
            sign="charge",
            item_group=item_group,
            unit=unit,
            value=Decimal(value),
            currency="EUR" if action == "amount" else None,
            label=_text(label),
        )
    rush, customs = "Rush order~Ordine urgente~Eilauftrag", "Customs handling~Pratica doganale~Zollabwicklung"
    yield Rule(code="CHG-RUSH", action="percent", sign="charge", order_type="rush", value=Decimal(8), label=_text(rush))
    yield Rule(
        code="CHG-CUSTOMS", action="percent", sign="charge", country="CH", value=Decimal("1.5"), label=_text(customs)
    )
    for group in ("FA-SC", "FA-NW", "FA-RV"):
        opened = _text("Opened box~Confezione aperta~Anbruch")
        yield Rule(
            code=f"CHG-OPENED-{group}",
            action="percent",
            sign="charge",
            item_group=group,
            scale=OPENED_BOX,
            label=opened,
        )


def _text(label: str) -> Text:
    return dict(zip(LANGUAGES, label.split("~"), strict=True))


def limits() -> Iterator[Rule]:
    """Below which cost or list price nothing is sold, and what a tender may not exceed."""
    yield _limit("LIM-COST", "105", "cost", unless=Scope(item_group=CLEARANCE))
    yield _limit("LIM-CLEARANCE", "80", "cost", item_group=CLEARANCE)
    for group, percent in (("TO-CD", "107"), ("PL-HE-GN", "106"), ("EL-EM", "106"), ("EL-CN", "118"), ("FA-NW", "120")):
        yield _limit(f"LIM-{group}", percent, "cost", item_group=group, unless=Scope(item_group=CLEARANCE))
    for brand, percent in (("PRAEZISA", "72"), ("SCHALTISAR", "65"), ("ARMLECH", "68"), ("PUMPAARE", "70")):
        yield _limit(f"LIM-{brand}", percent, "price", brand=brand)
    yield _limit("LIM-TENDER", "100", "price", bound="max", customer_group="PUBLIC")


def _limit(
    code: str,
    percent: str,
    basis: str,
    *,
    bound: str = "min",
    item_group: str | None = None,
    brand: str | None = None,
    customer_group: str | None = None,
    unless: Scope | None = None,
) -> Rule:
    return Rule(
        code=code,
        action="limit",
        bound=bound,
        basis=basis,
        value=Decimal(percent),
        item_group=item_group,
        brand=brand,
        customer_group=customer_group,
        unless=unless,
    )

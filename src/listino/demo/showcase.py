"""What the printed examples ask for: placed by hand, so that it stays as it is however the rest is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from listino.core.facts import Item, Packaging, Reference
from listino.core.rules import Rule, Scale, Tier
from listino.demo.amounts import amount
from listino.demo.days import ZONE, Days
from listino.demo.good import Good, good

CABLE = "CB-10432"
DRILL = "40021873"
ELECTRICIAN, ELECTRICIANS_ACCOUNT = "100001", "AC-1001"
INSTALLER, INSTALLERS_ACCOUNT = "D20417", "AC-1002"
TRADE_LIST = "elettro"


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The names and rules of which the examples speak.

    `customer` meets a price, a discount for the item group, one for the account, a promotion, the
    cut charge and the rounding; `other_customer` has an agreed price. `guest_item` ends in .99.
    """

    item: str
    quantity: Decimal
    unit: str
    channel: str
    customer: str
    other_customer: str
    agreed: Rule
    agreed_anew: Rule
    next_price: str
    next_price_at: datetime
    limited_quantity: Decimal
    reel: str
    guest_item: str
    guest_channel: str


def questions(days: Days) -> Questions:
    """What to ask, and what to change in between."""
    agreed = _agreed_price()
    return Questions(
        item=CABLE,
        quantity=Decimal(120),
        unit="MTR",
        channel="b2b",
        customer=ELECTRICIAN,
        other_customer=INSTALLER,
        agreed=agreed,
        agreed_anew=replace(agreed, value=Decimal("1.24")),
        next_price=_trade_price("-NEXT", 169, days).code,
        next_price_at=days.month(1),
        limited_quantity=Decimal(500),
        reel="RL",
        guest_item=DRILL,
        guest_channel="web",
    )


def goods() -> tuple[Good, ...]:
    """The items of the examples."""
    cable = Item(
        code=CABLE,
        name={
            "en": "Halogen-free cable NHXMH-J 3G2.5 mm² Cavitalia",
            "it": "Cavo senza alogeni NHXMH-J 3G2.5 mm² Cavitalia",
            "de": "Halogenfreie Leitung NHXMH-J 3G2.5 mm² Cavitalia",
        },
        unit="MTR",
        packagings=(Packaging(unit="RO", factor=Decimal(100)), Packaging(unit="RL", factor=Decimal(500))),
        item_groups=("EL-CA-IN",),
        brand="CAVITALIA",
        cost=Decimal("1.10"),
        reference=Reference(unit="KGM", factor=Decimal("0.185")),
    )
    drill = Item(
        code=DRILL,
        name={
            "en": "Cordless drill driver 18 V 65 Nm 2×4.0 Ah Valtek",
            "it": "Trapano avvitatore 18 V 65 Nm 2×4.0 Ah Valtek",
            "de": "Akku-Bohrschrauber 18 V 65 Nm 2×4.0 Ah Valtek",
        },
        item_groups=("TO-CD-DR", "CA-FLY"),
        brand="VALTEK",
        cost=Decimal("104.30"),
        reference=Reference(unit="KGM", factor=Decimal("1.9")),
    )
    return (
        good(cable, 11_000, 21_500, per=1, digits=4, breaks="metre"),
        good(drill, 1_043_000, 1_690_000, per=1, digits=2, breaks="dear"),
    )


def prices(days: Days) -> Iterator[Rule]:
    """The prices of the examples."""
    yield _trade_price("", 162, days)
    yield _trade_price("-NEXT", 169, days)
    yield _agreed_price()
    yield Rule(
        code=f"RETAIL-{DRILL}", action="price", list="retail99", item=DRILL, value=Decimal("196.40"), currency="EUR"
    )


def _trade_price(ending: str, first: int, days: Days) -> Rule:
    """The price of the electrical trade by quantity: now, and as announced for the next month."""
    tiers = ((0, first), (100, first - 14), (500, first - 26))
    return Rule(
        code=f"ELETTRO-{CABLE}{ending}",
        action="price",
        list=TRADE_LIST,
        item=CABLE,
        scale=Scale(tiers=tuple(Tier(from_=Decimal(start), value=amount(cents * 100, 2)) for start, cents in tiers)),
        valid_from=days.month(1) if ending else None,
        zone=ZONE,
    )


def _agreed_price() -> Rule:
    return Rule(
        code=f"AGREED-{INSTALLER}-{CABLE}",
        action="price",
        customer=INSTALLER,
        item=CABLE,
        value=Decimal("1.31"),
        currency="EUR",
        final=True,
        reason="Framework agreement for the Isar bridge site",
    )


def policies(days: Days) -> Iterator[Rule]:
    """The discounts, the promotion and the charge that the first customer meets."""
    yield Rule(
        code="D-ELEC-EL-CA",
        action="percent",
        customer_group="ELEC",
        item_group="EL-CA",
        value=Decimal(12),
        label={"en": "Electricians, cables", "it": "Elettricisti, cavi", "de": "Elektrobetriebe, Kabel"},
    )
    yield Rule(
        code=f"C-{ELECTRICIANS_ACCOUNT}",
        action="percent",
        step="customer_discount",
        account=ELECTRICIANS_ACCOUNT,
        value=Decimal(3),
        label={"en": "Yearly turnover", "it": "Premio di fatturato", "de": "Jahresumsatz"},
    )
    yield Rule(
        code="PROMO-CABLE-WEEKS",
        action="percent",
        step="promotion",
        item_group="EL-CA",
        value=Decimal(5),
        valid_from=days.after(-20),
        valid_to=days.after(40),
        zone=ZONE,
        label={"en": "Cable weeks", "it": "Settimane del cavo", "de": "Kabelwochen"},
    )
    yield Rule(
        code="CHG-CUT",
        action="percent",
        sign="charge",
        item_group="EL-CA",
        unit="MTR",
        value=Decimal(3),
        label={"en": "Cutting to length", "it": "Taglio a misura", "de": "Zuschnitt"},
    )

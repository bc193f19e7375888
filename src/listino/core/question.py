"""What is asked and what is answered: all circumstances that may change a price, and the price."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.candidates import Candidate, Circle, StepCandidates
from listino.core.facts import Item, PriceList, Tax
from listino.core.rules import Rule

# (step, kind, rule, label, value, price_in, price_out): plain tuples, named at the door.
AppliedStep = tuple[str, str, str | None, object, Decimal | None, Decimal | None, Decimal]
# (step, rule, reason, what the reason's sentence needs)
NotApplied = tuple[str, Rule, str, object]


@dataclass(slots=True)
class Question:
    """One line that is asked for, with every circumstance resolved to a value.

    Units:   quantity in `unit`, above 0; at is aware.
    """

    item: str
    customer: str | None
    quantity: Decimal
    unit: str
    currency: str
    at: datetime
    channel: str | None = None
    order_type: str | None = None
    explain: str = "applied"
    manual: tuple[Rule, ...] = ()


@dataclass(slots=True)
class Facts:
    """All facts that one customer's price of one item can depend on, fetched before it is decided.

    Shapes:  steps: one entry per step of the plan; lists: per list that a formula starts from, the
             candidates of the price step within it; taxes: the most fitting first; factors: the
             item's own units per unit; starts: every break of every rule in reach, ascending, in
             the item's own unit; announced: the rules in reach that are shown to all as a discount.
    """

    item: Item
    circle: Circle
    steps: tuple[StepCandidates, ...]
    lists: dict[str, StepCandidates]
    taxes: tuple[Tax, ...]
    factors: dict[str, Decimal]
    starts: tuple[Decimal, ...] = ()
    refusal: str | None = None
    timed: bool = False
    announced: frozenset[str] = frozenset()


@dataclass(slots=True)
class Price:
    """A price and the steps that led to it.

    Units:   net_price, gross_price, list_price per `per` of `unit`; net, tax, gross of the whole
             line at the currency's minor unit. Tax amounts are None where no tax fact fits.
    """

    item: str
    customer: str | None
    quantity: Decimal
    unit: str
    per: Decimal
    currency: str
    net_price: Decimal
    gross_price: Decimal | None
    list_price: Decimal
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    tax_fact: Tax | None
    price_list: PriceList | None
    steps: list[AppliedStep]
    not_applied: list[NotApplied]
    next_change_at: datetime | None


class UnitPrice(NamedTuple):
    """The price per `per` of a question's unit, net and gross (None where no tax fact fits)."""

    net_price: Decimal
    gross_price: Decimal | None
    per: Decimal
    currency: str


@dataclass(slots=True)
class NoPrice:
    """There is no price, and why: a true answer of the same standing as a price."""

    item: str
    customer: str | None
    quantity: Decimal
    unit: str
    currency: str
    reason: str
    steps: list[AppliedStep] = field(default_factory=list)
    not_applied: list[NotApplied] = field(default_factory=list)
    next_change_at: datetime | None = None


@dataclass(slots=True)
class Running:
    """The price as it stands between two steps."""

    amount: Decimal
    per: Decimal
    first: Decimal
    tax_mode: str
    list: PriceList | None
    by: Candidate | None

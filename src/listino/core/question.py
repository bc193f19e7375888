"""What is asked and what is answered: all circumstances that may change a price, and the price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.candidates import Candidate, Circle, StepCandidates
from listino.core.facts import Contract, Item, PriceList, Quotation, Tax
from listino.core.rules import Rule
from listino.core.windows import Window

# (step, kind, rule, label, value, price_in, price_out): plain tuples, named at the door.
AppliedStep = tuple[str, str, str | None, object, Decimal | None, Decimal | None, Decimal]
# (amount, its currency, whether it is meant gross, the contract under which it is measured)
AmountBreak = tuple[Decimal, str, bool, str | None]
# (step, rule, reason, what the reason's sentence needs)
NotApplied = tuple[str, Rule, str, object]


@dataclass(slots=True)
class Question:
    """One line that is asked for, with every circumstance resolved to a value.

    Units:   quantity in `unit`, not 0 (below 0: goods that come back); at and delivery_at are aware.
    Shapes:  totals: what scales and requirements measure beyond this line, by "BY MEASURE" (such as
             "order quantity"), filled in by a basket, None where it is unknown; usage: by subject what of
             caps and contracts is used up; whole: the quantity that scales measure where the line is a
             part of a larger one; without: codes of rules that are not to be used for it; unsplit: of
             those whose end within it does not matter, as others win; amount, gross_amount (of the line
             at the price before discounts) and hidden (lists that others displace) are worked out.
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
    delivery_at: datetime | None = None
    totals: Mapping[str, Decimal | None] | None = None
    usage: Mapping[str, Decimal] | None = None
    whole: Decimal | None = None
    without: frozenset[str] = frozenset()
    unsplit: frozenset[str] = frozenset()
    amount: Decimal | None = None
    gross_amount: Decimal | None = None
    hidden: frozenset[str] = frozenset()

    def among(self, totals: Mapping[str, Decimal | None] | None, usage: Mapping[str, Decimal] | None) -> "Question":
        """The same question as one of several; what is worked out of it begins anew."""
        return Question(
            self.item, self.customer, self.quantity, self.unit, self.currency, self.at, self.channel, self.order_type,
            self.explain, self.manual, self.delivery_at, totals, usage, self.whole, self.without,
            self.unsplit,
        )  # fmt: skip


@dataclass(slots=True)
class Facts:
    """All facts that one customer's price of one item can depend on, fetched before it is decided.

    Shapes:  steps: one entry per step of the plan; lists: per list that a formula starts from, the
             candidates of the price step within it; taxes: the most fitting first; factors: the
             item's own units per unit; starts: every break of every rule in reach, ascending, in
             the item's own unit; announced: the rules in reach that are shown to all as a discount;
             contracts: by code those that rules in reach name; quotations: by
             name, newest first; counted: whether a rule in reach depends on what is used up; measured: whether
             one measures more than the line's quantity; amounts: the breaks by the line's amount; sellings: where the
             assortment changes with the time, the first that holds says whether the item is in it; edges: when
             any of the facts beside rules begins or ends, noted with the first question; acting: of the steps
             those that do or tell something for a line.
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
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    quotations: Mapping[str, tuple[Quotation, ...]] = field(default_factory=dict)
    own_taxes: Mapping[str, tuple[Tax, ...]] = field(default_factory=dict)
    counted: bool = False
    measured: bool = False
    amounts: tuple[AmountBreak, ...] = ()
    sellings: tuple[tuple[tuple[Window, ...], bool], ...] = ()
    edges: tuple[datetime, ...] | None = None
    acting: tuple[StepCandidates, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.acting = self.steps if self.measured else tuple([step for step in self.steps if step.acts])


class Operands(NamedTuple):
    """What a step worked with that neither its rule nor the price before it tells, as far as it did.

    Units:   base (what a percentage is of, or what an offer price was made from), low and high (the
             bounds in force) per the price's `per`; left: so much a cap let it take off the line.
    """

    base: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    left: Decimal | None = None


class Unpriced(Exception):
    """Resolving ends without a price, for a reason."""


class SplitLine(Exception):
    """A rule ends within the line: the line is to be priced in parts."""

    def __init__(self, code: str, quantity: Decimal) -> None:
        super().__init__(code)
        self.code = code
        self.quantity = quantity


class OwnCharge(NamedTuple):
    """A charge of a line that stands on a line of its own: its rule, its quantity, its own tax.

    Units:   price per one of what it is charged for, in its tax mode (net, or gross for a gross list);
             net, tax, gross of all of it at the currency's minor unit.
    """

    rule: Rule
    quantity: Decimal
    price: Decimal
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    tax_fact: Tax | None


@dataclass(slots=True)
class Price:
    """A price and the steps that led to it.

    Units:   net_price, gross_price, list_price per `per` of `unit`; net, tax, gross of the whole
             line at the currency's minor unit. Tax amounts are None where no tax fact fits.
    Shapes:  own_lines: charges beside the line's amounts; segments: the parts of a line that a cap or
             a contract's end splits, whose amounts the line's are the sum of; final: nothing further
             is taken off it; flags: what could not be checked, as limit_unknown:RULE; tax_mode: in which
             the price was worked out; low, high, first: its limits and its list price, per `per` in that
             mode (of a line in parts, those of its parts); operands: by a step's place what it worked
             with beyond its value.
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
    final: bool = False
    own_lines: tuple[OwnCharge, ...] = ()
    segments: tuple["Price", ...] = ()
    flags: tuple[str, ...] = ()
    tax_mode: str = "net"
    low: Decimal | None = None
    first: Decimal | None = None
    operands: dict[int, Operands] | None = None
    high: Decimal | None = None


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

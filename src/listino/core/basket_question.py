"""What is asked for together and what is answered: the lines of a basket, and what they come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.facts import Tax
from listino.core.question import Facts, NoPrice, NotApplied, OwnCharge, Price, Question
from listino.core.reservations import Reservation
from listino.core.rules import Rule
from listino.core.taxes import TaxRow


@dataclass(slots=True)
class BasketLine:
    """One line that is asked for together with others, and the facts for it. Its id is its own in the basket."""

    id: str
    question: Question
    facts: Facts


@dataclass(slots=True, kw_only=True)
class BasketQuestion:
    """Lines that are bought together, all for one customer at one moment in one currency.

    Shapes:  gifts: by the code of each item that `gifts_wanted` names, a line that asks for one of the
             item's own unit of it (without entry: the item is unknown, and is not given); usage: by
             subject what of caps and contracts is used up, for all lines and gifts; tax_rounding: rate,
             line or document.
    """

    lines: tuple[BasketLine, ...]
    currency: str
    at: datetime
    coupons: tuple[str, ...] = ()
    tax_rounding: str = "rate"
    gifts: Mapping[str, BasketLine] = field(default_factory=dict)
    usage: Mapping[str, Decimal] = field(default_factory=dict)
    explain: str = "applied"


class Share(NamedTuple):
    """What a rule of the basket takes off a line (kind allowance) or adds to it (charge).

    Units:   amount above 0, in the tax mode of the basket, at the currency's minor unit; value as the
             rule states it.
    """

    step: str
    kind: str
    rule: str
    label: object
    value: Decimal | None
    amount: Decimal


@dataclass(slots=True)
class PricedLine:
    """A line of a basket: its price by itself, what the basket takes off, and what it comes to then.

    Units:   at the currency's minor unit; None without a price, tax and gross also where no tax fits.
    Shapes:  own_lines: charges that stand beside it, with what the basket's tax rounding makes of them.
    """

    id: str
    price: Price | NoPrice
    shares: tuple[Share, ...] = ()
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    own_lines: tuple[OwnCharge, ...] = ()


@dataclass(slots=True)
class FreeGoods:
    """Goods that an offer adds to a basket, for nothing or for less.

    Units:   price per one `unit`, in `tax_mode`; value as the rule states it (100 percent where it
             states none); amounts of all of it.
    """

    step: str
    rule: Rule
    value: Decimal
    item: str
    quantity: Decimal
    unit: str
    price: Decimal
    tax_mode: str
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    tax_fact: Tax | None
    own_lines: tuple[OwnCharge, ...] = ()


@dataclass(slots=True)
class OrderCharge:
    """A charge for the whole order, on a line of its own: freight, a fee, a small-order charge."""

    step: str
    rule: Rule
    value: Decimal | None
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    tax_fact: Tax | None


@dataclass(slots=True)
class Totals:
    """What a basket comes to: net + tax = gross; tax and gross are None where some tax is not known.

    Units:   rounding: by how much the tax differs from that rounded per rate, as EN 16931 computes it.
    """

    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    by_rate: tuple[TaxRow, ...]
    rounding: Decimal


@dataclass(slots=True)
class BasketPrice:
    """The answer to a basket: its lines in the order asked, what stands beside them, and their totals.

    Shapes:  not_applied: the basket's rules that did not apply, where `explain` is all; reserved: what an
             order of this basket takes of the basket's own rules (its lines' rules are reserved with the
             lines); coupons_unused: those that no applied rule names; next_change_at: the first instant at
             which any of it could change by time alone.
    """

    lines: tuple[PricedLine, ...]
    free_goods: tuple[FreeGoods, ...]
    charges: tuple[OrderCharge, ...]
    totals: Totals
    not_applied: list[NotApplied]
    reserved: tuple[Reservation, ...]
    coupons_unused: tuple[str, ...]
    next_change_at: datetime | None = None

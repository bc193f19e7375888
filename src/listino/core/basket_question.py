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


class Whole(NamedTuple):
    """What a rule of the basket comes to in all, and what its value means.

    Units:   total above 0, in the tax mode of the basket, at the minor unit, before limits; capped: caps
             left no more of it. rate, tax_mode, times: what an amount of the rule is multiplied by, how it
             is meant, and how often it counts, None where that changes nothing; base: of a percentage that is
             charged on a line of its own, what it is of.
    """

    action: str
    total: Decimal
    capped: bool = False
    basis: str | None = None
    currency: str | None = None
    rate: Decimal | None = None
    tax_mode: str | None = None
    times: Decimal | None = None
    base: Decimal | None = None


class Share(NamedTuple):
    """What a rule of the basket takes off a line (kind allowance) or adds to it (charge).

    Units:   amount 0 or more, in the tax mode of the basket, at the currency's minor unit; cut: what limits
             took of it; base: by which weight the whole is shared, of a percentage what it is of; units:
             how many get cheaper, in the item's own unit, None where all; value as the rule states it.
    """

    step: str
    kind: str
    rule: str
    label: object
    value: Decimal | None
    amount: Decimal
    base: Decimal
    cut: Decimal
    units: Decimal | None
    whole: Whole


@dataclass(slots=True)
class PricedLine:
    """A line of a basket: its price by itself, what the basket takes off, and what it comes to then.

    Units:   at the currency's minor unit; None without a price, tax and gross also where no tax fits.
    Shapes:  own_lines: charges that stand beside it, with what the basket's tax rounding makes of them;
             own_shares: what the basket's rules take off each of those.
    """

    id: str
    price: Price | NoPrice
    shares: tuple[Share, ...] = ()
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    own_lines: tuple[OwnCharge, ...] = ()
    own_shares: tuple[tuple[Share, ...], ...] = ()


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
    """A charge for the whole order, on a line of its own: freight, a fee, a small-order charge.

    Units:   amount before its shares, in the tax mode of the basket; what goods of several taxes bear together
             is one for each, and their amounts are the whole.
    """

    step: str
    rule: Rule
    value: Decimal | None
    net: Decimal
    tax: Decimal | None
    gross: Decimal | None
    tax_fact: Tax | None
    amount: Decimal
    whole: Whole
    shares: tuple[Share, ...] = ()


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

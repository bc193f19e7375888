"""An order: what the store says was placed, its key, its amounts, and why a person must look at it."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from listino.core.money import EXACT, HUNDRED, ZERO, minor_digits, to_minor
from listino.core.question import Price
from listino.core.taxes import Amounts as Amounts
from listino.core.taxes import Taxable, taxed

LINES_MAX = 1_000
# Amounts of a line, and of a payment, that differ by no more than this many minor units are rounding.
LINE_TOLERANCE_MINOR = 1
PAYMENT_TOLERANCE_MINOR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who buys, pays, receives or is asked, with an address. Everything in it is personal.

    `more`, here and below, is what else the store said, in words of its own: kept and given back.
    """

    name: str | None = None
    company: str | None = None
    street: str | None = None
    street2: str | None = None
    postcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    mail: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    code: str | None = None
    role: str | None = None
    more: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line with what the store charged: net_price per unit, the amounts for the whole line."""

    item: str
    quantity: Decimal
    id: str | None = None
    unit: str | None = None
    net_price: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    text: str | None = None
    fields: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Shipping or a fee, with its tax."""

    kind: str = "charge"
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    tax_percent: Decimal | None = None
    text: str | None = None
    more: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How an order is paid; never card data. A gift card is a method."""

    method: str | None = None
    state: str | None = None
    authorised: Decimal | None = None
    captured: Decimal | None = None
    currency: str | None = None
    reference: str | None = None
    more: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A code that took something off; amounts above 0 are what it took."""

    code: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    text: str | None = None
    more: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTotals:
    """What the store says that the whole order comes to."""

    currency: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as a store says that it was placed."""

    number: str
    ordered_at: datetime
    currency: str
    lines: tuple[OrderLine, ...]
    store: str | None = None
    channel: str | None = None
    customer: str | None = None
    buyer: Party | None = None
    quote: str | None = None
    order_type: str | None = None
    attributes: dict[str, str | tuple[str, ...]] | None = None
    charges: tuple[Charge, ...] = ()
    bill_to: Party | None = None
    ship_to: Party | None = None
    vat_id: str | None = None
    reference: str | None = None
    wanted_on: date | None = None
    totals: OrderTotals | None = None
    notes: str | None = None
    payments: tuple[Payment, ...] = ()
    contacts: tuple[Party, ...] = ()
    vouchers: tuple[Voucher, ...] = ()
    fields: dict[str, Any] | None = None


def stated_amounts(
    said: OrderLine | Charge | Voucher, tax_percent: Decimal | None, currency: str
) -> tuple[Amounts | None, bool]:
    """The amounts that a store stated, completed; and whether they contradict each other.

    What the buyer paid is never altered: of three amounts that do not add up, tax and gross stand.
    """
    net, tax, gross = (
        None if value is None else to_minor(value, currency) for value in (said.net, said.tax, said.gross)
    )
    if net is None and gross is None and isinstance(said, OrderLine) and said.net_price is not None:
        net = to_minor(EXACT.multiply(said.net_price, said.quantity), currency)
    if net is not None and tax is not None and gross is not None:
        return Amounts(gross - tax, tax, gross), net + tax != gross
    if gross is not None:
        if net is None:
            tax = tax if tax is not None else _tax_within(gross, tax_percent, currency)
            return Amounts(gross - tax, tax, gross), False
        return Amounts(net, gross - net, gross), False
    if net is not None:
        tax = tax if tax is not None else to_minor(EXACT.multiply(net, tax_percent or ZERO) / HUNDRED, currency)
        return Amounts(net, tax, net + tax), False
    return None, False


def _tax_within(gross: Decimal, percent: Decimal | None, currency: str) -> Decimal:
    if not percent:
        return to_minor(ZERO, currency)
    return gross - to_minor(EXACT.divide(gross * HUNDRED, HUNDRED + percent), currency)


def own_amounts(prices: tuple[Price, ...], currency: str) -> tuple[Amounts, ...]:
    """The amounts of lines at our prices: tax rounded once per rate and shared out over its lines."""
    return taxed([_taxable(price) for price in prices], currency).amounts


def _taxable(price: Price) -> Taxable:
    gross_list = price.price_list is not None and price.price_list.tax_mode == "gross"
    if gross_list and price.gross is not None:
        return Taxable(price.gross, True, price.tax_fact)
    return Taxable(price.net, False, price.tax_fact)


def differs(stated: Amounts, ours: tuple[Decimal, Decimal | None], currency: str, said: OrderLine) -> bool:
    """Whether what a store charged for a line is not what we do, net and gross (None: unknown), beyond rounding."""
    tolerance = LINE_TOLERANCE_MINOR * to_minor_unit(currency)
    net, gross = ours
    if gross is not None and (said.gross is not None or said.tax is not None):
        # A tax rounded once for the whole order may differ by a further coin on a line.
        by_net = said.net is not None or said.net_price is not None
        if abs(stated.gross - gross) > (2 * tolerance if by_net else tolerance):
            return True
        if not by_net:
            return False
    return abs(stated.net - net) > tolerance


def to_minor_unit(currency: str) -> Decimal:
    """The smallest coin of a currency."""
    return Decimal(1).scaleb(-minor_digits(currency))


def total(parts: tuple[Amounts, ...]) -> Amounts:
    """The sum of amounts."""
    return Amounts(
        sum((part.net for part in parts), ZERO),
        sum((part.tax for part in parts), ZERO),
        sum((part.gross for part in parts), ZERO),
    )


def contradicts(said: OrderTotals, ours: Amounts, currency: str) -> bool:
    """Whether what a store says that its order comes to is not what it does, beyond rounding."""
    pairs = ((said.net, ours.net), (said.tax, ours.tax), (said.gross, ours.gross))
    most = PAYMENT_TOLERANCE_MINOR * to_minor_unit(currency)
    is_other = any(stated is not None and abs(stated - amount) > most for stated, amount in pairs)
    return is_other or said.currency not in {None, currency}


def tax_percent_of(amounts: Amounts) -> Decimal:
    """The tax that amounts hold on average, as a percentage of their net."""
    return EXACT.divide(amounts.tax * HUNDRED, amounts.net) if amounts.net > 0 else ZERO


def without_card_data(order: Order) -> Order:
    """An order without what a payment must never tell us: numbers of cards and their secrets.

    Source:  PCI DSS 3.3 and 3.5: sensitive authentication data and card numbers are not to be kept.
    """
    return replace(order, payments=tuple(without_card(payment) for payment in order.payments))


CARD_WORDS = ("card", "pan", "cvv", "cvc", "cvn", "cid", "number", "expir", "exp_", "track", "pin")


def without_card(payment: Payment) -> Payment:
    """A payment without numbers of cards and their secrets."""
    texts = {name: getattr(payment, name) for name in ("method", "state", "reference")}
    hidden: dict[str, Any] = {
        name: "(left out)" for name, text in texts.items() if text is not None and _is_card_number(text)
    }
    more = {
        name: value
        for name, value in (payment.more or {}).items()
        if not any(word in name.lower() for word in CARD_WORDS) and not _is_card_number(str(value))
    }
    if not hidden and more == (payment.more or {}):
        return payment
    return replace(payment, more=more or None, **hidden)


def _is_card_number(text: str) -> bool:
    """Whether a text holds 13 to 19 digits in a row (spaces and dashes apart) that pass as a card's (ISO 7812)."""
    for run in re.findall(r"\d(?:[ -]?\d){12,18}", text):
        digits = [int(sign) for sign in run if sign.isdecimal()]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
        if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0:
            return True
    return False


def paid(payments: tuple[Payment, ...]) -> Decimal | None:
    """What the payments come to: captured, else authorised; None where no amount is stated."""
    amounts = [
        payment.captured if payment.captured is not None else payment.authorised
        for payment in payments
        if payment.captured is not None or payment.authorised is not None
    ]
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated, ZERO) if stated else None

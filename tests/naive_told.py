"""How the naive resolver words an answer: amounts at the smallest coin, taxed, charges beside the line."""

from dataclasses import dataclass, field
from decimal import Decimal

from listino.core.rules import Rule
from tests.naive_reach import HUNDRED, NOTHING, ONE, Reach, factor_of
from tests.naive_worth import TURNS

COINS = {"JPY": 0, "KWD": 3}


@dataclass
class Told:
    """The answer: a reason, or a price and (step, rule, price after it) for each step that did something.

    Shapes:  own_lines: (rule, quantity, net, tax, gross); parts: (quantity, net) of a line in parts.
    """

    reason: str | None = None
    per: Decimal = ONE
    currency: str = ""
    net_price: Decimal = NOTHING
    gross_price: Decimal | None = None
    list_price: Decimal = NOTHING
    net: Decimal = NOTHING
    tax: Decimal | None = None
    gross: Decimal | None = None
    steps: list[tuple[str, str | None, Decimal]] = field(default_factory=list)
    final: bool = False
    own_lines: list[tuple[str, Decimal, Decimal, Decimal | None, Decimal | None]] = field(default_factory=list)
    parts: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    flags: tuple[str, ...] = ()


@dataclass
class Own:
    """A charge beside the line, at a price each."""

    rule: Rule
    price: Decimal
    quantity: Decimal
    mode: str


def own_joined(charges: list[Own]) -> list[Own]:
    """The charges of a line in parts as if it were whole."""
    joined: list[Own] = []
    for own in charges:
        same = [one for one in joined if (one.rule.code, one.mode) == (own.rule.code, own.mode)]
        assert own.rule.own_line is not None
        if not same:
            joined.append(own)
        elif own.rule.own_line.per == "line":
            same[0].price += own.price if own.rule.action != "amount" else NOTHING
        elif all(round(one.price - own.price, 40) == 0 for one in same):
            same[0].quantity += own.quantity
        else:
            joined.append(own)
    return joined


def own_told(reach: Reach, own: Own) -> tuple[str, Decimal, Decimal, Decimal | None, Decimal | None]:
    """A charge with what it comes to, taxed its own way."""
    assert own.rule.own_line is not None
    coin, tax_class = coin_of(reach), own.rule.own_line.tax_class
    amount = round(own.price * own.quantity, 40).quantize(coin, amount_mode(reach))
    tax = reach.tax_of(tax_class) if tax_class is not None else reach.tax
    if tax is None:
        return own.rule.code, own.quantity, amount, None, None
    if own.mode == "gross":
        net = (amount / factor_of(tax)).quantize(coin)
        return own.rule.code, own.quantity, net, amount - net, amount
    tax_amount = (amount * tax.percent / HUNDRED).quantize(coin)
    return own.rule.code, own.quantity, amount, tax_amount, amount + tax_amount


def coin_of(reach: Reach) -> Decimal:
    """The smallest coin of the question's currency."""
    return ONE.scaleb(-COINS.get(reach.currency, 2))


def amount_mode(reach: Reach) -> str:
    """How amounts are rounded to the smallest coin."""
    return TURNS[reach.channel.amount_rounding if reach.channel else "nearest"]


def as_shown(price: Decimal, factor: Decimal, coin: Decimal) -> Decimal:
    if factor == ONE:
        return price
    digits = max(_digits(coin), _digits(price))
    return round(price * factor, 40).quantize(ONE.scaleb(-min(digits, 9)))


def _digits(value: Decimal) -> int:
    exponent = round(value, 9).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent

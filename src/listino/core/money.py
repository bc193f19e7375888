"""Exact amounts: currencies and their minor units, rounding rules, sharing to the last cent."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

# The digits that a stored decimal may have. Products of three such numbers are exact in EXACT.
INTEGER_DIGITS_MAX = 18
FRACTION_DIGITS_MAX = 9
EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
# Where a third was met on the way, an amount is a hair off; this takes the hair away before it is rounded.
SETTLED = Context(prec=50, rounding=ROUND_HALF_UP)

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
NINE_PLACES = Decimal("0.000000001")

# ISO 4217: currencies whose minor unit is not a hundredth.
MINOR_DIGITS_OTHER = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
QUANTA = tuple(Decimal(1).scaleb(-digits) for digits in range(FRACTION_DIGITS_MAX + 1))
DIRECTIONS = {
    "nearest": ROUND_HALF_UP,
    "even": ROUND_HALF_EVEN,
    "up": ROUND_CEILING,
    "down": ROUND_FLOOR,
}


def minor_digits(currency: str) -> int:
    """How many decimals the smallest coin of a currency has (ISO 4217)."""
    return MINOR_DIGITS_OTHER.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> Decimal:
    """An amount quantised, half up, to the minor unit of its currency."""
    return amount.quantize(QUANTA[minor_digits(currency)], ROUND_HALF_UP, EXACT)


def plain(value: Decimal, digits_min: int = 0) -> str:
    """A decimal as text without exponent, with at least `digits_min` decimals and no further zeros.

    What no decimal holds, as a third, is shown with as many decimals as we store.
    """
    text = str(value)
    if text[0] == "-" and not value:
        text = text[1:]  # A negative zero is a zero.
    if "E" in text:
        text = format(value, "f")
    point = text.find(".")
    if point < 0:
        return f"{text}.{'0' * digits_min}" if digits_min else text
    digits = len(text) - point - 1
    if digits == digits_min:
        return text
    if digits > FRACTION_DIGITS_MAX:
        return plain(value.quantize(NINE_PLACES, ROUND_HALF_UP, EXACT), digits_min)
    if text[-1] == "0":
        text = text.rstrip("0")
    missing = digits_min - (len(text) - point - 1)
    if missing > 0:
        return text + "0" * missing
    return text if text[-1] != "." else text[:-1]


def percent_between(before: Decimal, after: Decimal) -> Decimal | None:
    """How many percent of one amount the way to another is, to two digits; None from zero on."""
    if not before:
        return None
    share = EXACT.divide(EXACT.subtract(after, before), abs(before))
    return EXACT.multiply(share, HUNDRED).quantize(QUANTA[2], ROUND_HALF_UP, EXACT)


def exact(value: Decimal) -> str:
    """A decimal as text without exponent and needless zeros, with all the digits that were worked with."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def bounded(value: Decimal) -> bool:
    """Whether a decimal is finite and has no more digits than we store."""
    if not value.is_finite():
        return False
    if not value:
        return True  # With whatever exponent it is written.
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > FRACTION_DIGITS_MAX:
        return value == value.quantize(NINE_PLACES, ROUND_HALF_UP, EXACT) if value.adjusted() < 40 else False
    return value.adjusted() < INTEGER_DIGITS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How a unit price is rounded: to multiples of `increment`, moved by `offset`.

    Units:   both in the price's currency; increment 1 with offset -0.01 gives endings in .99.
    """

    increment: Decimal
    offset: Decimal = ZERO
    direction: str = "nearest"


def rounded(price: Decimal, rule: Rounding) -> Decimal:
    """A price on the grid of a rounding rule; never below zero, and never zero unless it was."""
    steps = EXACT.divide(price - rule.offset, rule.increment)
    result = steps.quantize(ONE, DIRECTIONS[rule.direction], EXACT) * rule.increment + rule.offset
    if result > 0 or price <= 0:
        return max(result, ZERO)
    below = EXACT.divide(-rule.offset, rule.increment).quantize(ONE, ROUND_FLOOR, EXACT)
    return (below + 1) * rule.increment + rule.offset


def shared(total: Decimal, weights: tuple[Decimal, ...], digits: int) -> tuple[Decimal, ...]:
    """A total shared by weight so that the shares add up to the last digit (largest remainder).

    Shapes:  as many shares as weights; equal remainders go to the earlier share.
    Units:   total and shares in the same currency, at `digits` decimals; weights 0 or more.
    """
    if not weights:
        return ()
    sum_of_weights = _sum(weights)
    if sum_of_weights == 0:
        weights = (ONE,) * len(weights)
        sum_of_weights = Decimal(len(weights))
    quantum = QUANTA[digits]
    exact = [EXACT.divide(EXACT.multiply(total, weight), sum_of_weights) for weight in weights]
    floors = [share.quantize(quantum, ROUND_FLOOR, EXACT) for share in exact]
    missing = int(EXACT.divide(EXACT.subtract(total, _sum(floors)), quantum))
    by_remainder = sorted(range(len(weights)), key=lambda index: (floors[index] - exact[index], index))
    for index in by_remainder[:missing]:
        floors[index] += quantum
    return tuple(floors)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result

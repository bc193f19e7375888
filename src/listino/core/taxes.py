"""Tax of many amounts together: rounded per rate, per line or per document, and shared out to the last coin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from listino.core.facts import Tax
from listino.core.money import EXACT, HUNDRED, QUANTA, SETTLED, ZERO, minor_digits


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line or an order comes to, at the currency's minor unit; net + tax = gross."""

    net: Decimal
    tax: Decimal
    gross: Decimal


class Taxable(NamedTuple):
    """An amount at the currency's minor unit, with its tax in it (`gross`) or without, and its tax."""

    amount: Decimal
    gross: bool
    tax: Tax | None


class TaxRow(NamedTuple):
    """What is taxed at one rate for one reason, and its tax (EN 16931 BG-23)."""

    percent: Decimal
    category: str
    reason: str | None
    net: Decimal
    tax: Decimal


class Taxed(NamedTuple):
    """Amounts with their taxes, the rows by rate, and how far their tax is from that rounded per rate."""

    amounts: tuple[Amounts, ...]
    rows: tuple[TaxRow, ...]
    rounding: Decimal


_Rate = tuple[Decimal, str, str | None]


def taxed(parts: Sequence[Taxable], currency: str, rounding: str = "rate") -> Taxed:
    """The tax of each amount, the tax of all of them being rounded once per rate, line or document.

    Shapes:  amounts: one for each part, in their order; of equal remainders the earlier part gets the coin.
             What has no tax stands in no row.
    Source:  EN 16931 BR-CO-17 (tax per category and rate from the sum of its lines).
    """
    coin = QUANTA[minor_digits(currency)]
    rates = [_rate(part.tax) for part in parts]
    amounts: list[Amounts] = [Amounts(part.amount, ZERO * coin, part.amount) for part in parts]
    off_rate = ZERO * coin
    for gross in (False, True):
        indexes = [index for index, part in enumerate(parts) if part.gross is gross and part.tax is not None]
        if not indexes:
            continue
        exact = {index: _derived(parts[index]) for index in indexes}
        by_rate: dict[_Rate | None, list[int]] = {}
        for index in indexes:
            by_rate.setdefault(rates[index], []).append(index)
        derived: dict[int, Decimal] = {}
        for group in _rounded_together(by_rate.values(), indexes, rounding):
            derived |= _rounded_once(group, exact, coin)
        for index, value in derived.items():
            whole = parts[index].amount
            amounts[index] = Amounts(value, whole - value, whole) if gross else Amounts(whole, value, whole + value)
        if rounding != "rate":
            per_rate = sum((_half_up([exact[index] for index in group], coin) for group in by_rate.values()), ZERO)
            difference = sum(derived.values(), ZERO) - per_rate
            off_rate += -difference if gross else difference
    return Taxed(tuple(amounts), _rows(rates, amounts), off_rate)


def _rounded_together(by_rate: Iterable[list[int]], indexes: list[int], rounding: str) -> Iterable[list[int]]:
    if rounding == "document":
        return [indexes]
    return [[index] for index in indexes] if rounding == "line" else by_rate


def _rate(tax: Tax | None) -> _Rate | None:
    return None if tax is None else (tax.percent, tax.category, tax.reason)


def _derived(part: Taxable) -> Decimal:
    """Exact, of a net amount its tax, of a gross one what is net of it."""
    percent = part.tax.percent if part.tax is not None else ZERO
    if part.gross:
        return EXACT.divide(EXACT.multiply(part.amount, HUNDRED), HUNDRED + percent)
    return EXACT.divide(EXACT.multiply(part.amount, percent), HUNDRED)


def _rounded_once(group: list[int], exact: dict[int, Decimal], coin: Decimal) -> dict[int, Decimal]:
    """The sum of a group rounded once, and shared out by largest remainder."""
    floors = {index: SETTLED.plus(exact[index]).quantize(coin, ROUND_FLOOR, EXACT) for index in group}
    missing = _half_up([exact[index] for index in group], coin) - sum(floors.values(), ZERO)
    count = int(EXACT.divide(missing, coin))
    if count:
        for index in sorted(group, key=lambda index: (floors[index] - exact[index], index))[:count]:
            floors[index] += coin
    return floors


def _half_up(exact: list[Decimal], coin: Decimal) -> Decimal:
    total = ZERO
    for value in exact:
        total = EXACT.add(total, value)
    return SETTLED.plus(total).quantize(coin, ROUND_HALF_UP, EXACT)


def _rows(rates: list[_Rate | None], amounts: list[Amounts]) -> tuple[TaxRow, ...]:
    """By rate and category, the highest rate first."""
    sums: dict[_Rate, tuple[Decimal, Decimal]] = {}
    for rate, amount in zip(rates, amounts, strict=True):
        if rate is not None:
            net, tax = sums.get(rate, (ZERO, ZERO))
            sums[rate] = (net + amount.net, tax + amount.tax)
    ordered = sorted(sums, key=lambda rate: (-rate[0], rate[1], rate[2] or ""))
    return tuple(TaxRow(*rate, *sums[rate]) for rate in ordered)

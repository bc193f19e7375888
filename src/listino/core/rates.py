"""Exchange rates between two currencies at a moment."""

from datetime import datetime
from decimal import Decimal

from listino.core.candidates import Circle
from listino.core.facts import Rate
from listino.core.money import ONE
from listino.core.windows import holds


def rate_at(currency: str, to_currency: str, at: datetime, circle: Circle) -> Decimal | None:
    """The exchange rate at a moment: as stated, turned round, or over the company's currency."""
    if currency == to_currency:
        return ONE
    stated = _newest(circle.rates.get((currency, to_currency), ()), at)
    if stated is not None:
        return stated.rate
    turned = _newest(circle.rates.get((to_currency, currency), ()), at)
    if turned is not None:
        return ONE / turned.rate
    base = circle.base_currency
    if base in (currency, to_currency):
        return None
    first = rate_at(currency, base, at, circle)
    second = rate_at(base, to_currency, at, circle)
    return first * second if first is not None and second is not None else None


def _newest(rates: tuple[Rate, ...], at: datetime) -> Rate | None:
    valid = [rate for rate in rates if holds(((rate.valid_from, rate.valid_to),), at)]
    return max(valid, key=_age, default=None)


def _age(rate: Rate) -> tuple[bool, object, str]:
    return (rate.valid_from is not None, rate.valid_from or 0, rate.code)

"""Amounts of money as the demo reckons with them: whole ten-thousandths, made decimals at the end."""

from decimal import Decimal

PLACES = 4
# Most prices are small: a decimal that comes again is not made twice.
KEPT_MAX = 60_000


class Amounts(dict[int, Decimal]):
    """Decimals with a fixed number of places, by how many of the last place they hold."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self._digits = digits

    def __missing__(self, count: int) -> Decimal:
        value = Decimal(count).scaleb(-self._digits)
        if len(self) < KEPT_MAX:
            self[count] = value
        return value


_AMOUNTS = tuple(Amounts(digits) for digits in range(PLACES + 1))
_STEPS = tuple(10 ** (PLACES - digits) for digits in range(PLACES + 1))


def amount(ten_thousandths: int, digits: int) -> Decimal:
    """An amount rounded to `digits` decimals, never to nothing."""
    step = _STEPS[digits]
    return _AMOUNTS[digits][(ten_thousandths + step // 2) // step or 1]

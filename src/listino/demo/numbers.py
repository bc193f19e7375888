"""The codes and trade numbers that items get: each family of items has its style of code."""

from random import Random

from listino.demo.families import Make, Maker

FIRST_NUMBER = 10_500
FIRST_LONG_NUMBER = 40_100_000


class Numbers:
    """Running numbers, one row for each style, with the gaps that years leave."""

    def __init__(self, chance: Random) -> None:
        self._draw = chance.random
        self._last: dict[str, int] = {}

    def code(self, make: Make) -> str:
        """The code of one item: by norm and size, by running number, or one long number.

        Equal sizes of several brands are parted by the brand's sign.
        """
        template = make.family.code
        signs = [mark.sign for mark in make.marks]
        if "{n8}" in template:
            return template.format(*signs, n8=self._next(template, FIRST_LONG_NUMBER, 90))
        if "{n}" in template:
            return template.format(*signs, n=self._next(template, FIRST_NUMBER, 4))
        code = template.format(*signs)
        return f"{code}-{make.maker.sign}" if make.family.branded else code

    def gtin(self, maker: Maker) -> str:
        """A number of the range that is kept for use within a company, so that it is nobody's."""
        owner = self._last.setdefault(f"gtin of {maker.code}", 2000 + len(self._last))
        return _checked(f"2{owner:04}{self._next(f'gtin by {maker.code}', 0, 9):07}")

    def _next(self, style: str, first: int, gap: int) -> int:
        number = self._last.get(style, first) + 1 + int(self._draw() * gap)
        self._last[style] = number
        return number


def outer_gtin(gtin: str) -> str:
    """The number of the first packaging around what bears `gtin`."""
    return _checked(f"1{gtin[:-1]}")


def _checked(digits: str) -> str:
    """Digits and the one that guards them: the last weighs three, the one before it one, and so on."""
    weighed = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-weighed % 10}"

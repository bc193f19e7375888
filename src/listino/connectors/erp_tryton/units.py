"""Tryton's units as ours: their codes, and how many of one the other holds."""

from collections.abc import Iterator
from decimal import Context, Decimal

from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape, Unit
from listino.ports import Record

EXACT = Context(prec=60)
# The digits that we keep of a factor.
FACTOR = Decimal("1e-9")
# What Tryton's own units are called in UN/ECE Recommendation 20.
CODES = {
    "u": "C62", "kg": "KGM", "g": "GRM", "ct": "CTM", "lb": "LBR", "oz": "ONZ", "t": "TNE", "s": "SEC", "min": "MIN",
    "h": "HUR", "d": "DAY", "wk": "WEE", "mo": "MON", "y": "ANN", "m": "MTR", "km": "KMT", "cm": "CMT", "mm": "MMT",
    "ft": "FOT", "yd": "YRD", "in": "INH", "mi": "SMI", "m³": "MTQ", "cm³": "CMQ", "L": "LTR", "ml": "MLT",
    "m²": "MTK", "cm²": "CMK", "ft²": "FTK", "yd²": "YDK", "in²": "INK", "ha": "HAR",
}  # fmt: skip


class Units:
    """The codes of Tryton's units, each of them once."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        self._shape = shape
        self.codes: dict[int, str] = {}
        taken: set[str] = set()
        for unit in sorted(shape.units.values(), key=lambda unit: unit.id):
            code = settings.units.get(unit.symbol) or CODES.get(unit.symbol) or unit.symbol
            self.codes[unit.id] = code if code not in taken else f"{code}-{unit.id}"
            taken.add(self.codes[unit.id])
        self.ids = {code: number for number, code in self.codes.items()}

    def factor(self, unit: int, of: int) -> Decimal:
        """How many of one unit another holds, exact; both of one category."""
        one, other = self._shape.units[unit], self._shape.units[of]
        return EXACT.divide(
            EXACT.multiply(one.factor, other.divisor), EXACT.multiply(one.divisor, other.factor)
        ).normalize(EXACT)

    def beside(self, unit: int) -> Iterator[tuple[int, Decimal]]:
        """The other units of a unit's category that can be kept exactly, with how many of it they hold."""
        for other in sorted(self._alike(unit), key=lambda found: found.id):
            factor = self.factor(other.id, unit)
            if other.id != unit and is_kept(factor):
                yield other.id, factor

    def _alike(self, unit: int) -> list[Unit]:
        category = self._shape.units[unit].category
        return [one for one in self._shape.units.values() if one.category == category]

    def records(self) -> Iterator[Record]:
        """A unit for each of Tryton's, by the base unit of its category where that can be kept exactly."""
        for number, code in sorted(self.codes.items()):
            unit = self._shape.units[number]
            base = next((one.id for one in self._alike(number) if one.factor == one.divisor == 1), None)
            said = {"name": unit.name}
            if base is not None and base != number and is_kept(self.factor(number, base)):
                said |= {"of": self.codes[base], "factor": format(self.factor(number, base), "f")}
            yield Record("units", code, said)


def is_kept(factor: Decimal) -> bool:
    """Whether a factor has no more digits than we keep."""
    return factor == factor.quantize(FACTOR, context=EXACT)

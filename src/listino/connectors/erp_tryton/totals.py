"""What Tryton will make of a sale: its amounts and tax, worked out beforehand, and what makes them equal to ours."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import cycle

from listino.connectors.erp_tryton.formulas import OWN
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.taxes import TaxSet, factors

ZERO = Decimal(0)
# A line of so little comes to nothing and yet is taxed: it tips a tax that stands on the edge.
TIPPING_MAX = 49
# Beyond so many coins the tax is not one of rounding.
COINS_MAX = 5
SHIFT_MAX = 60
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """A line as Tryton is to hold it: price per unit at its decimals, before tax."""

    quantity: Decimal
    price: Decimal
    taxes: TaxSet = ()
    product: int | None = None
    unit: int | None = None
    text: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What a sale comes to."""

    net: Decimal
    tax: Decimal


class Till:
    """Reckons as Tryton does, in one currency: halves to the even coin, tax by document or by line."""

    def __init__(self, shape: Shape, currency: str) -> None:
        self._shape = shape
        self.coin = shape.coins[currency]
        self._step = Decimal(1).scaleb(-shape.digits)

    def rounded(self, amount: Decimal) -> Decimal:
        """An amount at the currency's coin."""
        return (amount / self.coin).quantize(Decimal(1), ROUND_HALF_EVEN) * self.coin

    def priced(self, quantity: Decimal, price: Decimal, net: Decimal) -> Decimal:
        """The price per unit at Tryton's decimals that gives a line's amount; as charged where that does."""
        with localcontext(OWN):
            charged = price.quantize(self._step, ROUND_HALF_EVEN)
            if self.rounded(quantity * charged) == net or not quantity:
                return charged
            derived = (net / quantity).quantize(self._step, ROUND_HALF_EVEN)
            return derived if self.rounded(quantity * derived) == net else charged

    def totals(self, lines: Iterable[SaleLine]) -> Totals:
        """What Tryton makes of lines.

        Errors:  Untold for taxes that are no percentages.
        """
        with localcontext(OWN):
            groups: dict[tuple[TaxSet, bool], list[SaleLine]] = {}
            net = ZERO
            for line in lines:
                base = line.quantity * line.price
                net += self.rounded(base)
                groups.setdefault((line.taxes, base >= 0), []).append(line)
            return Totals(net, sum((self._tax(taxes, group) for (taxes, _), group in groups.items()), ZERO))

    def _tax(self, taxes: TaxSet, lines: Sequence[SaleLine]) -> Decimal:
        rates = factors(self._shape, taxes, self._shape.today)
        by_line = [{tax: line.price * rate * line.quantity for tax, rate in rates.items()} for line in lines]
        if self._shape.tax_rounding == "line":
            return sum((self._rounded_together(found) for found in by_line), ZERO)
        return self._rounded_together({tax: sum((found[tax] for found in by_line), ZERO) for tax in rates})

    def _rounded_together(self, amounts: dict[int, Decimal]) -> Decimal:
        """Each tax at the coin, and what all of them were rounded by taken back where it makes a coin."""
        rounded = {tax: self.rounded(amount) for tax, amount in amounts.items()}
        remainder = self.rounded(sum((rounded[tax] - amount for tax, amount in amounts.items()), ZERO))
        if abs(remainder) >= self.coin and any(rounded.values()):
            offset = self.coin.copy_sign(remainder)
            for tax in cycle(rounded):
                if rounded[tax]:
                    rounded[tax] -= offset
                    remainder -= offset
                    if abs(remainder) < self.coin:
                        break
        return sum(rounded.values(), ZERO)

    def balanced(self, lines: Sequence[SaleLine], wanted: Totals) -> list[SaleLine] | None:
        """The lines with what rounding needs beside them, for Tryton to come to what was charged; None if nothing does.

        Errors:  Untold for taxes that are no percentages.
        """
        found = list(lines)
        short = wanted.net - self.totals(found).net
        if short:
            # As much as lines were rounded off; taxed as most of them are.
            found.append(_rounding(short, max((line.taxes for line in lines), key=[one.taxes for one in lines].count)))
        tax = self.totals(found).tax
        if tax == wanted.tax:
            return found
        if abs(tax - wanted.tax) > COINS_MAX * self.coin:
            return None
        for more in self._corrections({line.taxes for line in lines if line.taxes}):
            if self.totals([*found, *more]) == wanted:
                return [*found, *more]
        return None

    def _corrections(self, tax_sets: set[TaxSet]) -> Iterator[list[SaleLine]]:
        """What may stand beside lines and change the tax alone: next to nothing, or taxed what is not taxed after."""
        for taxes in sorted(tax_sets):
            for step in range(1, TIPPING_MAX + 1):
                yield [_rounding(step * self._step, taxes)]
        for step in range(1, SHIFT_MAX + 1):
            for taxes in sorted(tax_sets):
                for shift in (step * CENT, -step * CENT):
                    yield [_rounding(shift, taxes), _rounding(-shift, ())]


def _rounding(amount: Decimal, taxes: TaxSet) -> SaleLine:
    return SaleLine(quantity=Decimal(1), price=amount, taxes=taxes, text="Rounding")

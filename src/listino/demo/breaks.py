"""Quantity breaks: from which quantities a price falls, and how far."""

from decimal import Decimal

from listino.core.rules import Scale, Tier
from listino.demo.amounts import amount
from listino.demo.good import Good

# From how many units on, by the name that the families of items use.
STARTS = {
    "bulk": (1, 1000, 5000, 10_000),
    "small": (1, 100, 500, 1000),
    "piece": (1, 10, 50, 100),
    "dear": (1, 3, 10),
    "metre": (0, 100, 500, 2000),
    "weight": (0, 25, 100),
}
# What remains of the first price at each break.
FALLS = ((1.0, 0.95, 0.91, 0.88), (1.0, 0.97, 0.94, 0.925), (1.0, 0.96, 0.9), (1.0, 0.93))
_STARTS = {name: tuple(map(Decimal, starts)) for name, starts in STARTS.items()}
PERS = {per: Decimal(per) for per in (1, 100, 1000)}


def scale(good: Good, price: int, digits: int, lot: float) -> Scale:
    """The breaks of an item that begin at a price; `lot`, below 1, says how it falls."""
    fall = FALLS[int(lot * len(FALLS))]
    return Scale(
        tiers=tuple(
            Tier(from_=start, value=amount(int(price * part), digits))
            for start, part in zip(_STARTS[good.breaks], fall, strict=False)
        )
    )

"""What an order needs of the stock: worked out before it is written, reserved as it is written."""

from dataclasses import dataclass
from decimal import Decimal

from listino.core.errors import NotFound
from listino.core.money import EXACT, NINE_PLACES, ONE
from listino.core.orders import LINES_MAX
from listino.db.snapshot import Snapshot
from listino.db.stock import Need
from listino.flows.comparison import TakenLine
from listino.flows.price import ware_for
from listino.flows.settlement import Bought
from listino.flows.terms import general_factor


@dataclass(frozen=True, slots=True)
class Goods:
    """The goods of an order in their items' own units.

    Shapes:  own: of every line, None where its item or unit is not known; needs: of the lines, and behind them
             of what offers add.
    """

    own: tuple[Decimal | None, ...]
    needs: tuple[Need, ...]


def goods_of(book: Snapshot, found: Bought) -> Goods:
    """What the lines of an order come to in their items' own units, with the goods that offers add."""
    own = tuple(_own_of_line(book, line) for line in found.lines)
    needs = [
        Need(place, line.said.item, quantity)
        for place, (line, quantity) in enumerate(zip(found.lines, own, strict=True), 1)
        if quantity is not None
    ]
    for place, gift in enumerate(found.free_goods, LINES_MAX + 1):
        quantity = own_quantity(book, gift.item, gift.quantity, gift.unit)
        if quantity is not None:
            needs.append(Need(place, gift.item, quantity))
    return Goods(own, tuple(needs))


def _own_of_line(book: Snapshot, line: TakenLine) -> Decimal | None:
    said, ours = line.said, line.ours
    if ours is None:
        return own_quantity(book, said.item, said.quantity, said.unit)
    factor = ours.facts.factors[said.unit or ours.facts.item.unit]
    return said.quantity if factor == ONE else _kept(EXACT.multiply(said.quantity, factor))


def own_quantity(book: Snapshot, item: str, quantity: Decimal, unit: str | None) -> Decimal | None:
    """A quantity in its item's own unit; None where nothing says how many of it the unit holds."""
    try:
        ware = ware_for(book, item)
    except NotFound:
        return None
    factors = {ware.item.unit: ONE} | {packaging.unit: packaging.factor for packaging in ware.item.packagings}
    factor = factors.get(unit or ware.item.unit) or general_factor(book, [], unit or "", ware.item.unit)
    return None if factor is None else _kept(EXACT.multiply(quantity, factor))


def _kept(quantity: Decimal) -> Decimal:
    return quantity.quantize(NINE_PLACES, context=EXACT)

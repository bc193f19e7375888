"""One item as the demo reckons with it: its fact, its list price, and how far discounts may go."""

from dataclasses import dataclass

from listino.core.facts import Item

# The discount, as a share of the list price, that leaves a tenth above cost on a usual item.
USUAL_ROOM = 0.42


@dataclass(frozen=True, slots=True)
class Good:
    """An item with its list price.

    Units:   price in ten-thousandths of a euro for `per` units, with `digits` decimals; room: 1
             where discounts may be as high as usual, less where the margin is small.
    """

    item: Item
    price: int
    per: int
    digits: int
    breaks: str
    room: float

    @property
    def department(self) -> str:
        """The root of the tree of item groups under which the item stands."""
        return self.item.item_groups[0][:2]


def good(item: Item, cost: int, price: int, *, per: int, digits: int, breaks: str) -> Good:
    """An item with its list price, its room drawn from what it costs."""
    room = (1 - 1.1 * cost / price) / USUAL_ROOM
    return Good(item, price, per, digits, breaks, min(1.15, max(0.1, room)))

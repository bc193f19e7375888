"""What people and stores say of an order that was taken: steps of its life, and of which of its lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.errors import Conflict, Fault, Malformed, malformed
from listino.core.explain import NO_PRICE_TEXTS
from listino.core.orders import Order, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSaid:
    """A line of an order, by its place, the store's own id of it, or its item; and how much of it.

    Units:   quantity in the unit in which the line was ordered; without: all that is left.
    """

    line: int | None = None
    id: str | None = None
    item: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """A step in the life of an order, as a person says that it was taken.

    Shapes:  lines: of which lines goods were shipped, cancelled or returned; empty: of all; restock: into which
             warehouse goods that came back were put; without: they are not counted as stock again.
    """

    state: str
    text: str | None = None
    lines: tuple[LineSaid, ...] = ()
    at: datetime | None = None
    restock: str | None = None


AMOUNTS = ("net_price", "net", "tax", "gross")
STORE, OURS = "store", "ours"
# What there is to decide about prices: the store's figures stand, or ours are charged.
OF_PRICES = frozenset(
    ["price_difference", "charge_difference", "payment_difference", "payment_currency", "amounts_do_not_add_up",
     "cap_exceeded", "unknown_quote", "quote_expired", "quote_used", "quote_differs"]
)  # fmt: skip
# What a quote and the ledger said as the order came stands until somebody decides; all else is looked at anew.
AS_IT_CAME = frozenset(["cap_exceeded", "unknown_quote", "quote_expired", "quote_used", "quote_differs"])
# What facts may have mended since, so that the order is priced again before it is released.
OF_FACTS = frozenset(
    ["unknown_customer", "customer_blocked", "unknown_buyer", "unknown_channel", "unknown_item", "unknown_unit",
     "unknown_error", "tax_unknown", *NO_PRICE_TEXTS]
)  # fmt: skip
REMEDIES = {
    "unknown_customer": "Send `customer`, the code of one who is known.",
    "unknown_buyer": "Send `customer`, the code of one who is known.",
    "unknown_item": "Send `items`: what the order says, and the item that is meant.",
    "bad_address": "Send `ship_to` and `bill_to` as they are right.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about an order that is held.

    Shapes:  items: by what the order says the item that is meant; prices: "store" (what it charged stands) or
             "ours" (our prices are charged); accept: further reasons that shall hold it no longer.
    """

    customer: str | None = None
    items: dict[str, str] | None = None
    prices: str | None = None
    ship_to: Party | None = None
    bill_to: Party | None = None
    accept: tuple[str, ...] = ()
    text: str | None = None

    def changes_order(self) -> bool:
        """Whether the order says something else by this than before."""
        said = (self.customer, self.items, self.ship_to, self.bill_to)
        return any(one is not None for one in said) or self.prices == OURS


def decided(order: Order, decision: Decision) -> Order:
    """An order as it is by a person's decision; what was paid is as it was."""
    items, ours = decision.items or {}, decision.prices == OURS
    unstated: dict[str, Any] = dict.fromkeys(AMOUNTS) if ours else {}
    lines = tuple(replace(line, item=items.get(line.item, line.item), **unstated) for line in order.lines)
    charges = tuple(charge for charge in order.charges if not (ours and charge.kind == "rounding"))
    return replace(
        order, lines=lines, charges=charges, customer=decision.customer or order.customer,
        ship_to=decision.ship_to or order.ship_to, bill_to=decision.bill_to or order.bill_to,
    )  # fmt: skip


def still_holding(before: Sequence[str], found: Sequence[str], decision: Decision) -> list[str]:
    """The reasons that go on holding an order after a decision.

    Shapes:  before: those for which it was held; found: those that hold it by what is known now.
    """
    settled = {*decision.accept, *(OF_PRICES if decision.prices is not None else ())}
    if decision.prices == STORE:
        settled |= set(NO_PRICE_TEXTS) - {"tax_unknown"}
    left = [reason for reason in before if reason in AS_IT_CAME]
    return [reason for reason in dict.fromkeys((*left, *found)) if reason not in settled]


def still_held(reasons: Sequence[str]) -> Conflict:
    """The refusal to release an order about which something is still to be decided."""
    text = f"The order is still held: {', '.join(reasons)}."
    faults = tuple(Fault("held", reason, f"It is held: {reason}.", _remedy(reason)) for reason in reasons)
    return Conflict("still_held", text, faults)


def _remedy(reason: str) -> str:
    if reason in REMEDIES:
        return REMEDIES[reason]
    if reason in OF_PRICES:
        return 'Send `prices`: "store" or "ours".'
    return f"Mend it, or take it as it is: `accept`: [{reason!r}]."


@dataclass(frozen=True, slots=True)
class LineName:
    """By what a line of an order can be named."""

    id: str | None
    item: str


def named_lines(said: Sequence[LineSaid], lines: Sequence[LineName]) -> dict[int, Decimal | None]:
    """Which lines are meant, by place from 0 on, and how much of each.

    Errors:  Malformed for a line that is not there, is meant twice, or of which it is not clear which is meant.
    """
    named: dict[int, Decimal | None] = {}
    for index, one in enumerate(said):
        place = _place_of(one, lines, f"lines[{index}]")
        if place in named:
            raise malformed(f"lines[{index}]", "twice", f"Line {place + 1} is named twice.", "Name each line once.")
        if one.quantity is not None and one.quantity <= 0:
            text = f"The quantity of line {place + 1} must be above 0."
            raise malformed(f"lines[{index}].quantity", "not_positive", text, "Send how much of the line.")
        named[place] = one.quantity
    return named


def _place_of(said: LineSaid, lines: Sequence[LineName], field: str) -> int:
    if said.line is None and said.id is None and said.item is None:
        raise malformed(field, "missing", "The line is not named.", "Send its line (1 is the first), id or item.")
    places = [
        place
        for place, line in enumerate(lines)
        if said.line in {None, place + 1} and said.id in {None, line.id} and said.item in {None, line.item}
    ]
    if len(places) == 1:
        return places[0]
    text = "There are several such lines." if places else "The order has no such line."
    raise Malformed("unknown_line", text, (Fault(field, "unknown_line", text, "Send the line's place, from 1 on."),))

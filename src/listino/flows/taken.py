"""An order on its way into the book: priced and compared, and the rows that it is kept as."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.money import EXACT, NINE_PLACES
from listino.core.orders import Amounts, Charge, Order
from listino.core.question import Price
from listino.core.reservations import Reservation
from listino.db.orders import LineRow, OrderRow, StepRow
from listino.db.snapshot import stamp
from listino.flows.comparison import TakenLine, states_amounts
from listino.flows.needs import Goods
from listino.flows.order_keys import values_of
from listino.flows.settlement import Bought

_FREE_WORDS = ("text", "reference", "more")
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Taken:
    """An order on its way into the book, priced and compared.

    `charged` says that the buyer was told what it costs, by the store or by our quote.
    """

    id: str
    key: str
    order: Order
    store: str
    test: bool
    channel: str | None
    found: Bought
    charges: tuple[Charge, ...]
    totals: Amounts
    held: tuple[str, ...]
    handover: str
    life: str
    taken_at: datetime
    revision: int
    steps: tuple[StepRow, ...]
    reservations: tuple[Reservation, ...]
    goods: Goods
    charged: bool


def row_of(taken: Taken, answer: str) -> OrderRow:
    """An order as its rows are kept: codes and amounts apart from what is personal."""
    order = taken.order
    # What the store said in words of its own may be personal, so it stands with the people alone.
    message = _said(
        charges=_bare(taken.charges), payments=_bare(order.payments), vouchers=_bare(order.vouchers),
        wanted_on=order.wanted_on, quote=order.quote, order_type=order.order_type, attributes=order.attributes,
        stated=tuple(place for place, line in enumerate(order.lines, 1) if states_amounts(line)),
    )  # fmt: skip
    texts = [_said(text=line.text, fields=line.fields) for line in order.lines]
    private = _said(
        key=taken.key, buyer=order.buyer, bill_to=order.bill_to, ship_to=order.ship_to, contacts=order.contacts,
        vat_id=order.vat_id, reference=order.reference, notes=order.notes, fields=order.fields,
        charges=_own_words(taken.charges), payments=_own_words(order.payments), vouchers=_own_words(order.vouchers),
        lines=texts if any(texts) else None,
    )  # fmt: skip
    return OrderRow(
        taken.id, taken.store, order.number, taken.test, taken.channel, order.customer, order.currency,
        taken.totals.net, taken.totals.tax, taken.totals.gross, taken.handover, taken.life, None,
        stamp(order.ordered_at), stamp(taken.taken_at), taken.revision, _encode(message).decode(), answer,
        _encode(private).decode(), tuple(map(_line_row, taken.found.lines, taken.goods.own)), taken.steps,
    )  # fmt: skip


def _own_words(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return parts if _bare(parts) != parts else ()


def _bare(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Charges, payments and vouchers without what somebody wrote freely."""
    return tuple(
        replace(part, **{name: None for name in _FREE_WORDS if getattr(part, name, None) is not None}) for part in parts
    )


def _said(**values: Any) -> dict[str, Any]:
    return {
        name: values_of(value, str) for name, value in values.items() if value is not None and value not in ((), {})
    }


def _line_row(line: TakenLine, own: Decimal | None) -> LineRow:
    said, outcome = line.said, line.ours.price if line.ours is not None else None
    net_price = said.net_price
    if net_price is None and isinstance(outcome, Price):
        net_price = EXACT.divide(outcome.net_price, outcome.per).quantize(NINE_PLACES, context=EXACT)
    amounts = line.amounts
    unit = said.unit or (outcome.unit if outcome is not None else None)
    if amounts is None:
        return LineRow(said.item, said.quantity, unit, net_price, None, None, None, own)
    return LineRow(said.item, said.quantity, unit, net_price, amounts.net, amounts.tax, amounts.gross, own)

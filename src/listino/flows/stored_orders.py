"""An order as its store said it, read back from the rows that it is kept as."""

from decimal import Decimal
from typing import Any

import msgspec

from listino.core.desk import AMOUNTS
from listino.core.orders import Order
from listino.db.orders import OrderRead
from listino.flows.records import field_names, settled_record, strict

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def order_of(found: OrderRead) -> Order:
    """An order as its store said it, with what was decided since; without what is personal where that was erased."""
    answer: dict[str, Any] = _decode(found.answer)
    message: dict[str, Any] = _decode(found.message)
    private: dict[str, Any] = _decode(found.private) if found.private is not None else {}
    stated = set(message.pop("stated", ()))
    texts = private.pop("lines", None) or [{}] * len(answer["lines"])
    lines = [_line(line, texts[place - 1], stated=place in stated) for place, line in enumerate(answer["lines"], 1)]
    known = message | private | answer | {"lines": lines}
    names = set(field_names(Order)) & known.keys()
    return settled_record(strict(Order, {name: known[name] for name in names if known[name] is not None}))


def _line(line: dict[str, Any], text: dict[str, Any], *, stated: bool) -> dict[str, Any]:
    names = ("item", "quantity", "id", "unit", *(AMOUNTS if stated else ()))
    return {name: line[name] for name in names if line.get(name) is not None} | text

"""A batch of price questions as it is read: what it asks, and which of its lines cannot be read."""

from dataclasses import dataclass
from decimal import Decimal

import msgspec

from listino.core.errors import Malformed, malformed
from listino.web.messages import AskedLine, BatchAsk
from listino.web.reading import by_field, message_of

LINES_MAX = 1_000
_decode_batch = msgspec.json.Decoder(BatchAsk)
_decode_any = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was read: what it asks, and the faults of lines that could not be read, by their place."""

    ask: BatchAsk
    faults: dict[int, Malformed]


def batch_of(body: bytes) -> Batch:
    """The batch that a body asks for; a line that cannot be read is that line's fault.

    Errors:  Malformed.
    """
    try:
        batch = Batch(message_of(body, _decode_batch), {})
    except Malformed as error:
        if not error.faults or not error.faults[0].field.startswith("lines["):
            raise
        batch = _line_by_line(body)
    count = len(batch.ask.lines)
    if not 1 <= count <= LINES_MAX:
        raise malformed("lines", "count", f"A batch has 1 to {LINES_MAX} lines, not {count}.", "Send several batches.")
    return batch


def _line_by_line(body: bytes) -> Batch:
    """A batch of which some lines cannot be read: they stand with their faults, the others as they are."""
    said = _decode_any.decode(body)
    lines: list[AskedLine] = []
    faults: dict[int, Malformed] = {}
    for index, one in enumerate(said["lines"]):
        try:
            lines.append(msgspec.convert(one, AskedLine))
        except msgspec.ValidationError as error:
            faults[index] = by_field(error, f"lines[{index}]")
            name = one.get("id") if isinstance(one, dict) else None
            lines.append(AskedLine("", id=name if isinstance(name, str) else None))
    try:
        ask = msgspec.convert(said | {"lines": []}, BatchAsk)
    except msgspec.ValidationError as error:
        raise by_field(error) from None
    ask.lines = lines
    return Batch(ask, faults)

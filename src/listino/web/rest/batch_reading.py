"""Price questions of many lines as they are read: what is asked, and which of the lines cannot be read."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from listino.core.errors import Malformed, malformed
from listino.flows.plain_numbers import PLAIN
from listino.web.asks import AskedLine, BasketAsk, BatchAsk
from listino.web.browser_messages import BrowserAsk, BrowserBasketAsk, BrowserLine
from listino.web.reading import by_field, check_plain, message_of

LINES_MAX = 1_000
BROWSER_LINES_MAX = 200
_OF_BROWSERS = (BrowserAsk, BrowserBasketAsk)
Ask = TypeVar("Ask", bound=BasketAsk | BrowserAsk | BrowserBasketAsk)
_decoders: dict[type[Any], Any] = {kind: msgspec.json.Decoder(kind) for kind in (BasketAsk, BatchAsk, *_OF_BROWSERS)}
# Before the decoder makes a Decimal of it, what was sent is to be seen: a number as text that may not be plain, where
# its name is written without escapes; all lines are then looked at one by one.
_ODD_QUANTITY = re.compile(rf'quantity"\s*:\s*"(?!{PLAIN}")'.encode())
_ODD_MANUAL = re.compile(rf'(?:value|per)"\s*:\s*"(?!{PLAIN}")'.encode())
_ESCAPED = b"\\u00"
_decode_any = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Ask]):
    """Many lines as they were read: what is asked, and the faults of lines that could not be read, by their place."""

    ask: Ask
    faults: dict[int, Malformed]


def batch_of(body: bytes, kind: type[Ask]) -> Batch[Ask]:
    """The lines that a body asks for; a line that cannot be read is that line's fault.

    Errors:  Malformed.
    """
    try:
        batch: Batch[Ask] = Batch(message_of(body, _decoders[kind]), {})
        if _may_be_odd(body):
            batch = _line_by_line(body, kind)
    except Malformed as error:
        if not error.faults or not error.faults[0].field.startswith("lines["):
            raise
        try:
            batch = _line_by_line(body, kind)
        except RecursionError:
            raise error from None
    check_count(batch.ask)
    return batch


def _may_be_odd(body: bytes) -> bool:
    if _ODD_QUANTITY.search(body) is not None or _ESCAPED in body:
        return True
    return b'"manual"' in body and _ODD_MANUAL.search(body) is not None


def check_count(ask: BasketAsk | BrowserAsk | BrowserBasketAsk) -> None:
    """Refuse too many lines, and a batch of none.

    Errors:  Malformed.
    """
    count, least = len(ask.lines), 0 if type(ask) is BasketAsk else 1
    most = BROWSER_LINES_MAX if isinstance(ask, _OF_BROWSERS) else LINES_MAX
    if not least <= count <= most:
        raise malformed("lines", "count", f"There are {least} to {most} lines, not {count}.", "Ask several times.")


def _line_by_line(body: bytes, kind: type[Ask]) -> Batch[Ask]:
    """Lines of which some lines cannot be read: they stand with their faults, the others as they are."""
    said = _decode_any.decode(body)
    line_kind = BrowserLine if kind in _OF_BROWSERS else AskedLine
    lines: list[Any] = []
    faults: dict[int, Malformed] = {}
    for index, one in enumerate(said["lines"]):
        try:
            line = msgspec.convert(one, line_kind)
            check_plain(line_kind, one, f"lines[{index}].")
            lines.append(line)
        except (msgspec.ValidationError, Malformed) as error:
            faults[index] = error if isinstance(error, Malformed) else by_field(error, f"lines[{index}]")
            name = one.get("id") if isinstance(one, dict) else None
            lines.append(line_kind("", id=name if isinstance(name, str) else None))
    try:
        ask = msgspec.convert(said | {"lines": []}, kind)
    except msgspec.ValidationError as error:
        raise by_field(error) from None
    ask.lines = lines
    return Batch(ask, faults)

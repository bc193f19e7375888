"""The members of one large JSON array, read one after the other."""

import json
from codecs import getincrementaldecoder
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec

from listino.core.errors import Fault, Malformed

BLOCK_BYTES = 1 << 16
MEMBER_LENGTH_MAX = 1 << 20
_SPACE = " \t\r\n"
# The one finds where a member ends, the other reads it as every line of JSON is read.
_end_of = json.JSONDecoder().raw_decode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def is_array(start: bytes) -> bool:
    """Whether a file that begins so holds one JSON array, and not an object a line."""
    return start.lstrip().startswith(b"[")


def members(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Each member's place, from 1 on, with its plain values or the Malformed that it is; one is held at a time.

    Errors:  Malformed for what is no array of JSON values, or a member that is too long.
    """
    text = _Text(file)
    text.next_sign()
    text.skip()
    number = 0
    sign = text.next_sign()
    while sign != "]":
        number += 1
        yield number, text.value(number)
        sign = text.next_sign()
        if sign == ",":
            text.skip()
            text.next_sign()
        elif sign != "]":
            raise _broken(number, "There is no comma or end of the array behind this member.")


class _Text:
    """A file's text as far as it is needed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._utf8 = getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._ended = "", 0, False

    def _more(self) -> bool:
        block = self._file.read(BLOCK_BYTES)
        self._ended = not block
        self._text, self._at = self._text[self._at :] + self._utf8.decode(block, self._ended), 0
        return not self._ended

    def next_sign(self) -> str:
        """The next sign that is no space, where the text goes on; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Go past that sign."""
        self._at += 1

    def value(self, number: int) -> Any:
        """The value that begins here."""
        start, end = self._span(number)
        self._at = end
        try:
            return _decode(self._text[start:end])
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            return _broken(number, f"This member is not JSON: {error}.")

    def _span(self, number: int) -> tuple[int, int]:
        while True:
            try:
                return self._at, _end_of(self._text, self._at)[1]
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > MEMBER_LENGTH_MAX:
                    raise _broken(number, f"This member is longer than {MEMBER_LENGTH_MAX} signs.") from None
                if isinstance(error, RecursionError) or not self._more():
                    raise _broken(number, f"This member is not JSON: {error}.") from None


def _broken(number: int, text: str) -> Malformed:
    remedy = "Write an array of objects, or one object a line."
    return Malformed("not_json", text, (Fault(f"line {number}", "not_json", text, remedy),))

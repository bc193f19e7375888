"""One value of a message: read from the text of an element, strictly, or refused with what would be right."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lxml import etree

from listino.core.errors import Malformed, malformed
from listino.core.money import FRACTION_DIGITS_MAX, INTEGER_DIGITS_MAX
from listino.flows.moments import NUMBER_DIGITS_MAX
from listino.web.answers import instant_text

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TEXT_LENGTH_MAX = 4000
SPACES = " \t\r\n"
# In place of a value: the element says that there is none.
ABSENT: Any = object()
_NUMBER = re.compile(
    rf"[+-]?(?:[0-9]{{1,{INTEGER_DIGITS_MAX}}}(?:\.[0-9]{{0,{FRACTION_DIGITS_MAX}}})?|\.[0-9]{{1,{FRACTION_DIGITS_MAX}}})"
)
_LONG_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*")
_WITH_EXPONENT = re.compile(r"[+-]?[0-9]*\.?[0-9]*[eE][+-]?[0-9]+")
_WHOLE = re.compile(rf"[+-]?[0-9]{{1,{NUMBER_DIGITS_MAX}}}")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

Convert = Callable[[etree._Element], Any]


def wrong(code: str, text: str, remedy: str) -> Malformed:
    """The refusal of a value, whose field and `{name}` are put in by whoever knows where it stands."""
    return malformed("", code, text, remedy)


def said_in(element: etree._Element) -> str | None:
    """The text of an element, without white space around it; None where it says that it has no value.

    Errors:  Malformed for elements in it.
    """
    if len(element):
        raise wrong("elements", "A value holds no elements.", "Send it as text.")
    text: str = (element.text or "").strip(SPACES)
    if element.get(NIL, "").strip() in {"true", "1"}:
        if text:
            raise wrong("nil_with_value", "A value cannot be nil and be there.", "Send one of the two.")
        return None
    return text


def text_up_to(length_max: int) -> Convert:
    """Reads text; an empty one is none."""

    def convert(element: etree._Element) -> Any:
        text = said_in(element)
        if not text:
            return ABSENT
        if len(text) > length_max:
            raise wrong("too_long", f"{{name}} has more than {length_max} characters.", "Shorten it.")
        return text

    return convert


def _of(read: Callable[[str], Any], remedy: str) -> Convert:
    def convert(element: etree._Element) -> Any:
        text = said_in(element)
        if text is None:
            return ABSENT
        if not text:
            raise wrong("empty", "{name} is empty.", remedy)
        return read(text)

    return convert


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        if _LONG_NUMBER.fullmatch(text) is not None and any(sign in "0123456789" for sign in text):
            bounds = f"{INTEGER_DIGITS_MAX} integer and {FRACTION_DIGITS_MAX} fraction digits"
            raise wrong("out_of_range", f"A number has at most {bounds}.", "Send it within these bounds.")
        remedy = "Send plain digits and no exponent, as 0.00001." if _WITH_EXPONENT.fullmatch(text) else _DECIMAL
        raise wrong("not_a_number", f"{text[:40]!r} is not a decimal number.", remedy)
    return Decimal(text)


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise wrong("not_a_number", f"{text[:40]!r} is not a whole number of ours.", "Send plain digits, as 42.")
    return int(text)


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise wrong("not_a_choice", f"{{name}} cannot be {text[:40]!r}.", "Send true or false.")
    return _FLAGS[text]


def _instant(text: str) -> datetime:
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise wrong("not_an_instant", f"{text[:40]!r} is not an instant.", _REMEDY)
    day, time, fraction, zone = match.groups()
    if zone is None:
        raise wrong("zone_missing", f"{text[:40]!r} has no zone.", _REMEDY)
    late = time == "24:00:00" and not (fraction or "").strip(".0")
    try:
        at = datetime.fromisoformat(f"{day}T{'00:00:00' if late else time}{fraction or ''}{zone}")
        return at + timedelta(days=1) if late else at
    except (ValueError, OverflowError):
        raise wrong("not_an_instant", f"{text[:40]!r} is not an instant that exists.", _REMEDY) from None


def _date(text: str) -> date:
    match = _DATE.fullmatch(text)
    try:
        if match is not None:
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    raise wrong("not_a_date", f"{text[:40]!r} is not a date that exists.", "Send one, as 2026-12-31.")


_DECIMAL = "Send a decimal with a point and plain digits, as 12.5."
_REMEDY = "Send an instant with its zone, as 2026-12-31T12:00:00Z or 2026-12-31T13:00:00+01:00 (toISOString())."
TEXT = text_up_to(TEXT_LENGTH_MAX)
NUMBER = _of(_number, _DECIMAL)
WHOLE = _of(_whole, "Send plain digits, or leave it out.")
FLAG = _of(_flag, "Send true or false, or leave it out.")
INSTANT = _of(_instant, _REMEDY)
# The same as the text that the messages shared with REST hold.
INSTANT_TEXT = _of(lambda text: instant_text(_instant(text)), _REMEDY)
DATE = _of(_date, "Send it as 2026-12-31, or leave it out.")

"""How people write numbers and dates: what a cell proves about its file, and the cell in our own notation."""

import re
from datetime import date

DECIMALS = ("point", "comma")
DATES = ("iso", "dmy", "mdy")

# Signs that group thousands and can be nothing else: spaces, narrow and wide, and apostrophes.
_GROUPING = re.compile(r"(?<=[0-9])[ \u00a0\u202f'\u2019](?=[0-9]{3}(?:[^0-9]|$))")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_SHAPES = {
    "point": re.compile(r"([+-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)"),
    "comma": re.compile(r"([+-]?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?)"),
}
# One sign with three digits behind it and one to three before: it may group or divide.
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


class Unclear(ValueError):
    """A cell that cannot be read: what is wrong with it, and what to do."""

    def __init__(self, code: str, text: str, remedy: str) -> None:
        super().__init__(text)
        self.code, self.text, self.remedy = code, text, remedy


def decimal_proof(cell: str) -> str | None:
    """What a number proves: "point", "comma", "either" when it has a sign that could be both, None without one."""
    text = _GROUPING.sub("", cell.strip())
    if "." not in text and "," not in text:
        return None
    if _EITHER.fullmatch(text):
        return "either"
    shapes = [name for name, shape in _SHAPES.items() if shape.fullmatch(text)]
    return shapes[0] if len(shapes) == 1 else None


def plain_number(cell: str, decimal: str | None) -> str:
    """A number as "1234.56", read with the decimal sign that its file uses.

    Errors:  Unclear.
    """
    text = _GROUPING.sub("", cell.strip())
    if _WHOLE.fullmatch(text):
        return text
    if not _SHAPES[decimal or "point"].fullmatch(text):
        other = "comma" if decimal != "comma" else "point"
        if _SHAPES[other].fullmatch(text):
            say = f"{cell!r} is written with a decimal {other}, the file with a decimal {decimal or 'point'}."
            raise Unclear("other_decimal_sign", say, "Write all numbers of the file in the same way.")
        example = "12,50" if decimal == "comma" else "12.50"
        raise Unclear("not_a_number", f"{cell!r} is not a number.", f"Write a plain number, as {example}.")
    if decimal == "comma":
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def date_proof(cell: str) -> str | None:
    """What a date proves: "iso", "dmy", "mdy", "either" when day and month could be swapped, None for no date."""
    text = cell.strip()
    if _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return "iso"
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[2])
    if first > 12 >= second:
        return "dmy"
    if second > 12 >= first:
        return "mdy"
    return "either" if first != second else "same"


def iso_date(cell: str, dates: str | None) -> str:
    """A date or an instant in ISO notation, days and months in the order that the file uses.

    Errors:  Unclear.
    """
    text = cell.strip()
    if _ISO.fullmatch(text):
        return text
    match = _YEAR_FIRST.fullmatch(text)
    if match is not None:
        year, month, day = map(int, match.groups())
    else:
        match = _YEAR_LAST.fullmatch(text)
        if match is None:
            remedy = "Write a date as 2026-12-31, or an instant as 2026-12-31T00:00:00+01:00."
            raise Unclear("not_a_date", f"{cell!r} is not a date.", remedy)
        day, month, year = map(int, match.groups())
        if day != month and dates not in {"dmy", "mdy"}:
            text = f"{cell!r} is written otherwise than the other dates of the file."
            raise Unclear("other_date_order", text, "Write it as 2026-12-31, or name the order: --dates dmy or mdy.")
        if dates == "mdy":
            day, month = month, day
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        order = " when read as month, day, year" if dates == "mdy" else ""
        text = f"{cell!r} is a date that does not exist{order}."
        raise Unclear("no_such_date", text, "Write a date that exists, as 2026-12-31.") from None

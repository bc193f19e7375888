"""Rows of another system in our words: which column is which field, and how its values are meant.

A mapping is data. A field is told by a column's name, or by a table with `column` and how its values are meant, by
`text` (a template over columns, as "{LIST}/{ART}") or by `constant`; a table with none of these is an object of
fields, an array a list of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Any

from listino.core.errors import Malformed, malformed
from listino.core.money import plain

Row = Mapping[str, Any]
# How values can be meant, beside the dates of DATE_FORMS: see FieldOf.
MEANINGS = ("text", "padded", "decimal", "scaled", "flag", "date")
SOURCES = ("column", "text", "constant")
WORDS = frozenset([*SOURCES, "as", "map", "scale", "format", "decimal", "empty", "exclusive"])


@dataclass(frozen=True, slots=True)
class Mapped:
    """One fact in our words; without `said` it ended there."""

    code: str
    said: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A row that cannot be said in our words, and why. Shapes:  place counts rows from 1 on."""

    place: int
    code: str
    text: str


class Unreadable(ValueError):
    """A value that is not what the mapping says that it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOf:
    """Where a field's value comes from, and how it is meant.

    Shapes:  meaning: "text" as it stands, "padded" without the blanks around it, "decimal" with `point` before its
             fraction, "scaled" an integer of 1/10^scale ("cents": 2), "flag" by `values` or 1/0, "date" by `form`:
             "yyyymmdd", "iso", "days since 1900-01-01" or a strptime format; an `exclusive` date is the day after
             the last. values: what each text stands for; what it does not name is an error. empty: texts that mean
             nothing, beside the empty one.
    """

    column: str | None = None
    template: str | None = None
    constant: Any = None
    meaning: str = "text"
    values: Mapping[str, Any] | None = None
    scale: int = 0
    form: str = "iso"
    point: str = "."
    empty: tuple[str, ...] = ()
    exclusive: bool = False

    def of(self, row: Row) -> Any:
        """The field's value in a row, or None.

        Errors:  Unreadable.
        """
        if self.template is not None:
            return self._composed(row)
        if self.column is None:
            return self.constant
        if self.column not in row:
            raise Unreadable(f"there is no column {self.column}")
        return self._meant(row[self.column])

    def _composed(self, row: Row) -> str | None:
        values: dict[str, str] = {}
        for _, name, _, _ in Formatter().parse(self.template or ""):
            if name is None:
                continue
            if name not in row:
                raise Unreadable(f"there is no column {name}")
            text = str(row[name] if row[name] is not None else "").strip()
            if not text or text in self.empty:
                return None
            values[name] = text
        return (self.template or "").format(**values)

    def _meant(self, value: Any) -> Any:
        if value is None:
            return None
        text = str(value)
        if not text.strip() or text.strip() in self.empty:
            return None
        if self.values is not None:
            if text.strip() not in self.values:
                raise Unreadable(f"{self.column}: {text.strip()!r} is not in its map")
            return self.values[text.strip()]
        if self.meaning == "text":
            return text
        if self.meaning == "padded":
            return text.strip()
        if self.meaning == "date":
            return self._date(value, text.strip())
        if self.meaning == "flag":
            return self._flag(text.strip())
        return self._number(value, text.strip())

    def _flag(self, text: str) -> bool:
        if text.lower() in {"1", "true"}:
            return True
        if text.lower() in {"0", "false"}:
            return False
        raise Unreadable(f"{self.column}: {text!r} is neither 1 nor 0; give it a map, as {{S = true, N = false}}")

    def _number(self, value: Any, text: str) -> str:
        if self.point != ".":
            text = text.replace(".", "").replace(self.point, ".")
        try:
            # A driver or a spreadsheet may hand over binary fractions: what they print is what was meant.
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(text)
        except InvalidOperation:
            raise Unreadable(f"{self.column}: {text!r} is not a number") from None
        if not number.is_finite():
            raise Unreadable(f"{self.column}: {text!r} is not a number")
        return plain(number.scaleb(-self.scale))

    def _date(self, value: Any, text: str) -> str:
        if isinstance(value, datetime):
            found = value.date()
        elif isinstance(value, date):
            found = value
        else:
            found = self._date_of(text)
        return (found - timedelta(days=1) if self.exclusive else found).isoformat()

    def _date_of(self, text: str) -> date:
        try:
            if self.form.startswith("days since "):
                return date.fromisoformat(self.form.removeprefix("days since ")) + timedelta(days=int(Decimal(text)))
            if self.form == "iso":
                return date.fromisoformat(text[:10])
            form = "%Y%m%d" if self.form == "yyyymmdd" else self.form
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date alone has no zone
        except (ValueError, ArithmeticError):
            raise Unreadable(f"{self.column}: {text!r} is not a date as {self.form!r}") from None


Shape = FieldOf | dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactMapping:
    """How rows become facts of one kind.

    Shapes:  tiers: how a row tells a tier of a scale: then rows with the same code, which follow each other, are one
             fact; ended: a row with a true value here ends its fact; only: rows count only with these texts.
    """

    kind: str
    code: FieldOf
    fields: Mapping[str, Shape]
    tiers: Mapping[str, Shape] | None = None
    ended: FieldOf | None = None
    only: Mapping[str, str] = field(default_factory=dict)

    def facts(self, rows: Iterable[Row]) -> Iterator[Mapped | Unmapped]:
        """The facts that rows tell, and the rows that tell none."""
        joined: Mapped | None = None
        for place, row in enumerate(rows, 1):
            if any(str(row.get(name, "")).strip() != text for name, text in self.only.items()):
                continue
            found = self._fact(place, row)
            if joined is not None and isinstance(found, Mapped) and found.code == joined.code and found.said:
                _join(joined, found)
                continue
            if joined is not None:
                yield joined
                joined = None
            if self.tiers is not None and isinstance(found, Mapped) and found.said:
                joined = found
            else:
                yield found
        if joined is not None:
            yield joined

    def _fact(self, place: int, row: Row) -> Mapped | Unmapped:
        code = None
        try:
            code = self.code.of(row)
            if code is None:
                raise Unreadable("it has no code")
            if self.ended is not None and self.ended.of(row) is True:
                return Mapped(str(code), None)
            said = {name: value for name, value in valued(self.fields, row).items() if name != "code"}
            if self.tiers is not None:
                said["scale"] = {**said.get("scale", {}), "tiers": [valued(self.tiers, row)]}
        except Unreadable as error:
            return Unmapped(place, str(code or ""), f"Row {place}: {error}.")
        return Mapped(str(code), said)


def _join(fact: Mapped, more: Mapped) -> None:
    """Add the tier of a further row to a fact."""
    if fact.said is not None and more.said is not None:
        fact.said["scale"]["tiers"] += more.said["scale"]["tiers"]


def valued(shape: Any, row: Row) -> Any:
    """What a row tells of a field, an object of fields or a list; what it does not tell is left out.

    Errors:  Unreadable.
    """
    if isinstance(shape, FieldOf):
        return shape.of(row)
    if isinstance(shape, Mapping):
        values = {name: valued(part, row) for name, part in shape.items()}
        return {name: value for name, value in values.items() if value is not None and value not in ({}, [])}
    return [value for part in shape if (value := valued(part, row)) is not None and value != {}]


def mapping_of(kind: str, told: Mapping[str, Any], place: str) -> FactMapping:
    """A mapping as its file tells it: `fields` with `code` among them, `tiers`, `ended`, `only`.

    Errors:  Malformed, which names the place in the file.
    """
    fields = told.get("fields")
    if not isinstance(fields, Mapping) or "code" not in fields:
        raise _wrong(f"{place}.fields", "It names no code.", 'Map it, as code = "ART_CODE".')
    code = shape_of(fields["code"], f"{place}.fields.code")
    if not isinstance(code, FieldOf):
        raise _wrong(f"{place}.fields.code", "A code is one text.", 'Map it, as code = "ART_CODE".')
    tiers = told.get("tiers")
    ended = told.get("ended")
    return FactMapping(
        kind=kind,
        code=code,
        fields={name: shape_of(part, f"{place}.fields.{name}") for name, part in fields.items()},
        tiers=_object(tiers, f"{place}.tiers") if tiers is not None else None,
        ended=_field(ended, f"{place}.ended") if ended is not None else None,
        only={name: str(text) for name, text in told.get("only", {}).items()},
    )


def shape_of(told: Any, place: str) -> Shape:
    """A field, an object of fields or a list, as a mapping file tells it.

    Errors:  Malformed.
    """
    if isinstance(told, str):
        return FieldOf(column=told)
    if isinstance(told, Sequence):
        return [shape_of(part, f"{place}[{index}]") for index, part in enumerate(told)]
    if not isinstance(told, Mapping):
        return FieldOf(constant=told)
    if any(word in told for word in SOURCES):
        return _field(told, place)
    return _object(told, place)


def _object(told: Any, place: str) -> dict[str, Shape]:
    if not isinstance(told, Mapping):
        raise _wrong(place, "It is no table of fields.", 'Write it as {from = "QTY", value = "PRICE"}.')
    return {name: shape_of(part, f"{place}.{name}") for name, part in told.items()}


def _field(told: Any, place: str) -> FieldOf:
    if isinstance(told, str):
        return FieldOf(column=told)
    strange = sorted(told.keys() - WORDS) if isinstance(told, Mapping) else ["?"]
    if strange or sum(word in told for word in SOURCES) != 1:
        text = f"It says {', '.join(strange)}, which means nothing here." if strange else "It has several sources."
        raise _wrong(place, text, f"Use one of {', '.join(SOURCES)}, with {', '.join(sorted(WORDS - set(SOURCES)))}.")
    meaning = str(told.get("as", "text"))
    if meaning not in MEANINGS:
        raise _wrong(f"{place}.as", f"{meaning!r} is no meaning.", f"Use one of {', '.join(MEANINGS)}.")
    values = told.get("map")
    empty = told.get("empty", ())
    return FieldOf(
        column=told.get("column"),
        template=told.get("text"),
        constant=told.get("constant"),
        meaning=meaning,
        values=None if values is None else {str(name): value for name, value in values.items()},
        scale=int(told.get("scale", 0)),
        form=str(told.get("format", "iso")),
        point=str(told.get("decimal", ".")),
        empty=(empty,) if isinstance(empty, str) else tuple(str(text) for text in empty),
        exclusive=bool(told.get("exclusive", False)),
    )


def _wrong(place: str, text: str, remedy: str) -> Malformed:
    return malformed(place, "mapping", text, remedy)

"""Somebody takes the facts out as files that an import takes back unchanged."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from listino.core.errors import malformed
from listino.core.facts import KINDS, Measure, Membership, Packaging, PriceAttribute
from listino.core.rules import Scale, Tier
from listino.db import people
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, Version, snapshot, versions
from listino.flows.columns import GUARDED, columns_of
from listino.flows.facts import PERSON_FIELDS
from listino.flows.notation import decimal_proof
from listino.flows.records import plain_fact

FORMATS = ("csv", "ndjson")
# Texts that begin so are written as JSON where they could be taken for it.
_LIKE_JSON = ('"', "{", "[")

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, each with how many facts it holds, as of one revision."""

    revision: int
    files: tuple[tuple[Path, int], ...]


def _silent(*_: object) -> None:
    """Show no progress."""


def exported(
    database: Database,
    folder: Path,
    kinds: Sequence[str] = (),
    known_at: int | datetime | None = None,
    format: str = "csv",
    progress: Progress = _silent,
) -> Exported:
    """Write the facts of each kind (without names: of all) into a file of its own, all as of one revision.

    Kinds without facts get no file. What is personal is not revisioned: it is written as it is now.
    Errors:  Malformed for an unknown kind or format.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise malformed("kind", "unknown_kind", f"There is no kind {kind!r}.", f"Name one of: {', '.join(KINDS)}.")
    if format not in FORMATS:
        raise malformed("format", "unknown_format", f"There is no format {format!r}.", "Name csv or ndjson.")
    book = snapshot(database, known_at)
    folder.mkdir(parents=True, exist_ok=True)
    write = _csv if format == "csv" else _ndjson
    files = []
    for kind in kinds or KINDS:
        if next(versions(book, kind), None) is not None:
            path = folder / f"{kind}.{format}"
            files.append((path, write(book, kind, path, progress)))
    return Exported(book.revision, tuple(files))


def _ndjson(book: Snapshot, kind: str, path: Path, progress: Progress) -> int:
    encode = msgspec.json.Encoder().encode
    done = 0
    with path.open("wb") as file:
        for _, found in versions(book, kind):
            personal = dict(_personal(book, found))
            file.write(encode({"kind": kind} | plain_fact(found.fact) | personal) + b"\n")
            done += 1
            progress(kind, done)
    return done


def _csv(book: Snapshot, kind: str, path: Path, progress: Progress) -> int:
    headers = _headers(book, kind)
    done = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(headers)
        cells = Cells()
        for _, found in versions(book, kind):
            said = cells.of(found.fact)
            said |= {name: cells.text(value) for name, value in _personal(book, found)}
            out.writerow([said.get(header, "") for header in headers])
            done += 1
            progress(kind, done)
    return done


def _headers(book: Snapshot, kind: str) -> list[str]:
    """The columns that any fact of a kind fills, in the order of the kind's fields, languages by name."""
    used: set[str] = set()
    for _, found in versions(book, kind):
        used.update(Cells().of(found.fact))
        used.update(name for name, _ in _personal(book, found))
    order = {header: place for place, header in enumerate(columns_of(kind))}

    def place(header: str) -> tuple[int, str]:
        base = header if header in order else header.partition(".")[0]
        return order.get(base, len(order)), header

    return sorted(used, key=place)


def _personal(book: Snapshot, found: Version) -> Iterator[tuple[str, str]]:
    person = people.person_of(book.reading.connection, found.code) if found.kind == "customers" else None
    if person is not None:
        for name in sorted(PERSON_FIELDS):
            value = getattr(person, name)
            if value is not None:
                yield name, value


@cache
def _defaults(record: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(record))


class Cells:
    """Writes records as cells; the first number with decimals shows how the file's numbers are meant."""

    def __init__(self) -> None:
        self._shown = False

    def of(self, record: Any, prefix: str = "") -> dict[str, str]:
        """A record's cells by header, without what is as if it had not been said."""
        cells: dict[str, str] = {}
        kind: Any = type(record)
        for name, default in _defaults(kind):
            value = getattr(record, name)
            # Within a field a number is kept as it is written, so only texts are left out when they are usual.
            usual = default is not MISSING and value == default and (not prefix or isinstance(value, str | None))
            if not usual and value != ():
                self._put(cells, prefix + name.rstrip("_"), value)
        return cells

    def _put(self, cells: dict[str, str], header: str, value: Any) -> None:
        if isinstance(value, Scale):
            cells["scale"] = self._tiers(value.tiers)
            inner = self.of(value, "scale.")
            cells |= {name: cell for name, cell in inner.items() if name != "scale.tiers"}
        elif is_dataclass(value):
            cells |= self.of(value, f"{header}.") or {header: "{}"}
        elif isinstance(value, dict) and any(character < " " for language in value for character in language):
            cells[header] = msgspec.json.encode(value).decode()
        elif isinstance(value, dict):
            write = self._values if header.rpartition(".")[2] == "attributes" else self.text
            cells |= {f"{header}.{name}": write(said) for name, said in value.items()} or {header: "{}"}
        elif isinstance(value, tuple):
            cells[header] = self._several(value)
        else:
            cells[header] = self._single(value)

    def _values(self, said: Any) -> str:
        """What an attribute may be: a value, or several; one alone stays told from a list of one."""
        if isinstance(said, str):
            return msgspec.json.encode(said).decode() if "|" in said else self.text(said)
        return self._several(said) if len(said) > 1 else msgspec.json.encode(said).decode()

    def _single(self, value: Any) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return self._number(value)
        if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        return str(value)

    @staticmethod
    def text(value: str) -> str:
        """A text as a cell that is read back as the same text, and that no spreadsheet runs."""
        if not value or value.startswith(_LIKE_JSON) or any(character < " " for character in value):
            return msgspec.json.encode(value).decode()
        return f"'{value}" if GUARDED.match(value) else value

    def _number(self, value: Decimal) -> str:
        text = format(value, "f")
        if not self._shown and "." in text:
            self._shown = True
            if decimal_proof(text) == "either":
                # A leading zero says that the point is no sign that groups thousands.
                return f"-0{text[1:]}" if text[0] == "-" else f"0{text}"
        return text

    def _tiers(self, tiers: Iterable[Tier]) -> str:
        parts = []
        for tier in tiers:
            bound = self._number(tier.from_) if tier.from_ is not None else ".."
            if tier.up_to is not None:
                bound = f"..{self._number(tier.up_to)}"
            parts.append(f"{bound}:{self._number(tier.value)}")
        return " ".join(parts)

    def _several(self, values: tuple[Any, ...]) -> str:
        plain = [self._member(value) for value in values]
        if any(text is None for text in plain) or str(plain[0]).startswith(_LIKE_JSON):
            return msgspec.json.encode([_plain(value) for value in values]).decode()
        joined = "|".join(str(text) for text in plain)
        return f"'{joined}" if GUARDED.match(joined) else joined

    def _member(self, value: Any) -> str | None:
        """One of several in a cell; None for what only JSON can say."""
        if isinstance(value, Membership):
            return None
        if isinstance(value, Packaging):
            return self._pair(value.unit, value.factor, value.gtin)
        if isinstance(value, Measure):
            return self._pair(value.name, value.value, None)
        if isinstance(value, PriceAttribute):
            return self._pair(value.name, value.value, value.currency)
        return value if isinstance(value, str) and "|" not in value else None

    def _pair(self, name: str, number: Decimal, third: str | None) -> str | None:
        """NAME=NUMBER, and a third part where there is one; None where a sign of that stands in the name."""
        parts = [name, third or ""]
        if third == "" or name != name.strip() or any(sign in part for part in parts for sign in "|="):
            return None
        return f"{name}={self._number(number)}" + (f"={third}" if third else "")


def _plain(value: Any) -> Any:
    plain: Callable[[Any], Any] = plain_fact
    return plain(value) if is_dataclass(value) else value

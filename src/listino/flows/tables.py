"""The rows of a CSV or NDJSON file: its encoding, delimiter, numbers and dates proved or named, never guessed."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from listino.core.errors import Fault, Malformed, malformed
from listino.core.facts import KINDS
from listino.flows.columns import CASES, Column, Style, column_named, columns_of, holds_numbers, numbers_in
from listino.flows.json_rows import is_array, members
from listino.flows.notation import date_proof, decimal_proof
from listino.flows.records import ANSWER_FIELDS

DELIMITERS = (",", ";", "\t", "|")
CELL_LENGTH_MAX = 1 << 24
SAMPLE_BYTES = 1 << 16
BLOCK_BYTES = 1 << 20
NDJSON_SUFFIXES = frozenset([".ndjson", ".jsonl", ".json"])
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says of the files, and what is to be done with bad rows.

    Shapes:  kind: of all files, where their names do not tell; decimal: point or comma;
             dates: iso, dmy or mdy; report: where bad rows are written to.
    """

    kind: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    dates: str | None = None
    dry_run: bool = False
    skip_bad: bool = False
    report: Path | None = None


class CsvTable:
    """A CSV file of one kind of fact."""

    def __init__(self, path: Path, kind: str, options: Options) -> None:
        self.path, self.kind = path, kind
        self.encoding = options.encoding or encoding_of(path)
        _check_encoding(path, self.encoding)
        with self._text() as text:
            self.delimiter = _delimiter(text.readline(), kind)
        self.headers = tuple(next(self._records(), (1, []))[1])
        self.columns = _columns(self.headers, kind)
        self.style = _style(self, options)
        self._file: BinaryIO | None = None

    def rows(self) -> Iterator[tuple[int, Any]]:
        """Each row's line with its cells, as many as there are headers, or with the Malformed that it is.

        Errors:  Malformed for a file that is no CSV from some line on.
        """
        width, records = len(self.headers), self._records()
        next(records, None)
        for line, cells in records:
            if len(cells) != width:
                if not cells:
                    continue
                if len(cells) > width and any(cells[width:]):
                    text = f"Line {line} of {self.path.name} has {len(cells)} cells, the header {width}."
                    yield line, malformed("", "too_many_cells", text, "Quote cells that contain the delimiter.")
                    continue
                cells = (cells + [""] * width)[:width]
            yield line, cells

    def position(self) -> int:
        """How many bytes have been read."""
        return self._file.tell() if self._file is not None and not self._file.closed else 0

    def _text(self) -> TextIOWrapper:
        self._file = self.path.open("rb")
        return TextIOWrapper(self._file, self.encoding, newline="")

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(CELL_LENGTH_MAX)
        with self._text() as text:
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            line = 1
            try:
                for cells in reader:
                    yield line, cells
                    line = reader.line_num + 1
            except csv.Error as error:
                text_said = f"Line {line} of {self.path.name} is not CSV: {error}."
                raise _of_line(line, "not_csv", text_said, "Check the quotes of this line and those before.") from None


class NdjsonTable:
    """An NDJSON file, or one JSON array: one fact a line or member, of the kind that the file or each names."""

    def __init__(self, path: Path, kind: str | None) -> None:
        self.path, self.kind = path, kind
        _check_encoding(path, "utf-8-sig")
        self._file: BinaryIO | None = None

    def rows(self) -> Iterator[tuple[int, Any]]:
        """Each line's number with its object, or with the Malformed that it is.

        Errors:  Malformed for an array that is no JSON from some member on.
        """
        decode = msgspec.json.Decoder(float_hook=Decimal).decode
        with self.path.open("rb") as self._file:
            if is_array(self._file.read(SAMPLE_BYTES).removeprefix(codecs.BOM_UTF8)):
                self._file.seek(0)
                yield from members(self._file)
                return
            self._file.seek(0)
            for number, line in enumerate(self._file, 1):
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                if line.isspace() or not line:
                    continue
                try:
                    said = decode(line)
                except (msgspec.DecodeError, RecursionError) as error:
                    text = f"The line is not JSON: {error}."
                    yield number, malformed("", "not_json", text, "Write one JSON object a line.")
                else:
                    yield number, said

    def position(self) -> int:
        """How many bytes have been read."""
        return self._file.tell() if self._file is not None and not self._file.closed else 0


Table = CsvTable | NdjsonTable


def opened(path: Path, options: Options) -> Table:
    """A file made ready to be read.

    Errors:  Malformed for a file whose kind, encoding, columns, numbers or dates are not clear.
    """
    kind = options.kind or kind_of(path)
    if options.kind is not None and options.kind not in KINDS:
        raise malformed("", "unknown_kind", f"There is no kind {kind!r}.", "Name one of: " + ", ".join(KINDS) + ".")
    if kind is None and path.is_file() and path.suffix.lower() not in NDJSON_SUFFIXES:
        text = f"The name {path.name} does not tell of which kind its facts are."
        raise malformed("", "no_kind", text, "Name the file as its kind, as rules.csv, or pass --kind.")
    return table_of(path, kind, options)


def table_of(path: Path, kind: str | None, options: Options) -> Table:
    """A file of one kind of record (None: each line names its own) made ready to be read.

    Errors:  Malformed for a file that is not there, or whose encoding, columns, numbers or dates are not clear.
    """
    if not path.is_file():
        raise malformed("", "no_file", f"There is no file {path}.", "Check the path.")
    if kind is None or path.suffix.lower() in NDJSON_SUFFIXES:
        return NdjsonTable(path, kind)
    return CsvTable(path, kind, options)


def kind_of(path: Path) -> str | None:
    """The kind that a file's name begins with: rules.csv, rules-2026.csv, price_lists.csv."""
    stem = path.stem.lower().replace("_", "-")
    named = [kind for kind in KINDS if stem == kind or stem.startswith((f"{kind}-", f"{kind}.", f"{kind} "))]
    return max(named, key=len, default=None)


def encoding_of(path: Path) -> str:
    """The encoding that a file begins with a mark of, else UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def _check_encoding(path: Path, encoding: str) -> None:
    """Refuse a file that is not wholly in its encoding, with a suggestion that a person must confirm."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise malformed("", "unknown_encoding", f"There is no encoding {encoding!r}.", "Name one, as cp1252.") from None
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                bad = bytes(error.object[max(error.start - 40, 0) : error.start + 40])
                raise _not_encoded(path, encoding, bad) from None


def _not_encoded(path: Path, encoding: str, bad: bytes) -> Malformed:
    from charset_normalizer import from_bytes  # noqa: PLC0415  # 30 ms that only a bad file should cost

    with path.open("rb") as file:
        best = from_bytes(file.read(SAMPLE_BYTES) + b"\n" + bad).best()
    suggested = best.encoding if best is not None and best.encoding != "utf_8" else "cp1252"
    shown = bad.decode(suggested, "replace").splitlines()
    preview = max(shown, key=len, default="").strip()
    text = f"{path.name} is not {encoding}."
    remedy = f"Name its encoding: --encoding {suggested} would read {preview!r}. Check that this looks right."
    return malformed("", "not_utf8" if encoding.startswith("utf-8") else "not_encoded", text, remedy)


def _delimiter(header: str, kind: str) -> str:
    """The delimiter by which the first line falls into the most headers of the kind."""

    def known(delimiter: str) -> int:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return sum(column_named(kind, name.strip()) is not None for name in names)

    best = max(DELIMITERS, key=known)
    return best if known(best) else max(DELIMITERS, key=header.count)


def _columns(headers: tuple[str, ...], kind: str) -> tuple[Column | None, ...]:
    """The column of each header; None for one that is accepted and ignored."""
    found = [column_named(kind, header) or column_named(kind, header.strip()) for header in headers]
    faults = []
    for index, (header, column) in enumerate(zip(headers, found, strict=True)):
        if column is None and header.strip() not in ANSWER_FIELDS:
            near = get_close_matches(header.strip().lower(), columns_of(kind), 1)
            remedy = f"Did you mean {near[0]}?" if near else "Take the column out, or name it as a field."
            faults.append(Fault(header, "unknown_column", f"{kind} have no field {header!r}.", remedy))
        elif column is not None and column in found[:index]:
            faults.append(Fault(header, "column_twice", f"The column {header!r} stands twice.", "Take one out."))
    name = "item" if kind == CASES else "code"
    if not any(column is not None and column.header == name for column in found):
        faults.append(Fault(name, "missing", f"There is no column {name}.", f"Add it: each row needs its {name}."))
    if faults:
        raise Malformed(faults[0].code, " ".join(fault.text for fault in faults), tuple(faults))
    return tuple(found)


def _style(table: CsvTable, options: Options) -> Style:
    """How a file writes numbers and dates, by the first cells that can be read in one way only."""
    for name, said, known in (
        ("decimal", options.decimal, ("point", "comma")),
        ("dates", options.dates, ("iso", "dmy", "mdy")),
    ):
        if said is not None and said not in known:
            raise malformed("", "not_a_choice", f"--{name} cannot be {said!r}.", f"Name one of: {', '.join(known)}.")
    numbers = _Proof("decimal", options.decimal, "--decimal point or --decimal comma")
    dates = _Proof("dates", options.dates, "--dates dmy or --dates mdy")
    wanted = [(index, column) for index, column in enumerate(table.columns) if column and _tells(column)]
    for line, cells in table.rows() if wanted else ():
        for index, column in wanted if isinstance(cells, list) else ():
            cell = cells[index]
            if cell and column.notation == "instant":
                dates.take(line, column.header, cell, date_proof(cell))
            elif cell:
                for number in numbers_in(cell, column.notation):
                    numbers.take(line, column.header, cell, decimal_proof(number))
        if all((dates if column.notation == "instant" else numbers).proved for _, column in wanted):
            break
    return Style(numbers.outcome(), dates.outcome())


def _tells(column: Column) -> bool:
    return column.notation == "instant" or holds_numbers(column.notation)


class _Proof:
    """What the cells read so far prove of a file's notation."""

    def __init__(self, name: str, named: str | None, option: str) -> None:
        self.name, self.proved, self.option = name, named, option
        self.either: tuple[int, str, str] | None = None
        self.same = False

    def take(self, line: int, header: str, cell: str, proof: str | None) -> None:
        """Look at one more cell."""
        if proof == "either":
            self.either = self.either or (line, header, cell)
        elif proof == "same":
            self.same = True
        elif proof is not None and self.proved is None:
            self.proved = proof

    def outcome(self) -> str | None:
        """The notation of the file.

        Errors:  Malformed where there are only cells that can be read in two ways.
        """
        if self.proved is None and self.either is not None:
            line, header, cell = self.either
            text = f"{cell!r} (line {line}, {header}) can be read in two ways, and no other cell of the file tells."
            raise malformed(header, f"unclear_{self.name}", text, f"Say how it is meant: {self.option}.")
        return self.proved or ("dmy" if self.same else None)


def _of_line(line: int, code: str, text: str, remedy: str) -> Malformed:
    return Malformed(code, text, (Fault(f"line {line}", code, text, remedy),))

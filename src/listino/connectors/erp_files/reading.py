"""The rows of a dropped file: CSV, Excel or XML, as text by column."""

import csv
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from listino.connectors.erp_files.settings import Drop
from listino.core.mapping import Unreadable

# An Excel file holds so much at most once unpacked: reading takes several times as much memory.
UNPACKED_BYTES_MAX = 128 << 20
DELIMITERS = ";,\t|"
FIELD_BYTES_MAX = 1 << 20


def rows_of(path: Path, drop: Drop) -> Iterator[dict[str, Any]]:
    """The rows of a file, each by column; blanks around column names do not count.

    Errors:  Unreadable, for what is not a file of its kind; OSError.
    """
    ending = path.suffix.lower()
    if ending in {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}:
        yield from _sheet(path, drop)
    elif ending == ".xml":
        yield from _elements(path, drop)
    else:
        yield from _lines(path, drop)


def _lines(path: Path, drop: Drop) -> Iterator[dict[str, Any]]:
    encoding = "utf-8-sig" if drop.encoding.lower().replace("-", "") == "utf8" else drop.encoding
    csv.field_size_limit(FIELD_BYTES_MAX)
    try:
        with path.open(encoding=encoding, newline="") as file:
            head = file.readline()
            delimiter = drop.delimiter or max(DELIMITERS, key=head.count)
            names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
            for values in csv.reader(file, delimiter=delimiter):
                if values:
                    yield dict(zip(names, values, strict=False))
    except (UnicodeDecodeError, LookupError):
        text = f'it is not {drop.encoding}; say its encoding in the mapping, as encoding = "cp1252"'
        raise Unreadable(text) from None
    except csv.Error as error:
        raise Unreadable(f"it is not CSV: {error}") from None


def _sheet(path: Path, drop: Drop) -> Iterator[dict[str, Any]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only for Excel

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > UNPACKED_BYTES_MAX:
            raise Unreadable(f"it unpacks to {size >> 20} MiB, more than {UNPACKED_BYTES_MAX >> 20}; send it as CSV")
    try:
        book = CalamineWorkbook.from_path(path)
        name = drop.sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            raise Unreadable(f"it has no sheet {name!r}, but {', '.join(book.sheet_names)}")
        rows = iter(book.get_sheet_by_name(name).iter_rows())
    except (CalamineError, IndexError) as error:
        raise Unreadable(f"it is not a workbook: {error}") from None
    names = [str(name).strip() for name in next(rows, [])]
    for values in rows:
        if any(value != "" for value in values):
            yield {name: _cell(value) for name, value in zip(names, values, strict=False)}


def _cell(value: Any) -> Any:
    """A cell's value; a whole number that Excel holds as a fraction is a whole number, as in a code."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _elements(path: Path, drop: Drop) -> Iterator[dict[str, Any]]:
    from lxml import etree  # noqa: PLC0415 - only for XML

    wanted = (drop.rows or "row").rpartition("/")[2]
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    try:
        with path.open("rb") as file:
            yield from _found(etree.iterparse(file, events=("end",), **options), wanted)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"it is not XML: {error}") from None


def _found(parsed: Any, wanted: str) -> Iterator[dict[str, Any]]:
    from lxml import etree  # noqa: PLC0415 - only for XML

    for _, element in parsed:
        if etree.QName(element).localname == wanted:
            if element.getroottree().docinfo.doctype:
                raise Unreadable("it has a DOCTYPE, which is not read")
            yield dict(chain(_texts(element, ""), element.attrib.items()))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _texts(element: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The texts below an element by their path, as "price/value", and attributes as "price@currency"."""
    from lxml import etree  # noqa: PLC0415 - only for XML

    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = f"{path}{etree.QName(child).localname}"
        yield name, child.text
        yield from ((f"{name}@{key}", value) for key, value in child.attrib.items())
        yield from _texts(child, f"{name}/")

"""An order as a file: JSON, XML or CSV, with everything that the store said and what is charged."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from listino.connectors.erp_files.settings import FilesSettings
from listino.core.money import plain
from listino.ports import OrderToPlace

NAME_LENGTH_MAX = 180
# A number, or a telephone's: nothing that a spreadsheet could carry out.
FIGURES = re.compile(r"[+-][0-9 ()./-]*")


def file_name(key: str, form: str) -> str:
    """The file of an order: one name per key, readable, never a path, apart also where case does not count."""
    name = quote(key, safe="").replace(".", "%2E")[:NAME_LENGTH_MAX]
    return f"order-{name}-{sha256(key.encode()).hexdigest()[:12]}.{form}"


def written(order: OrderToPlace, settings: FilesSettings) -> bytes:
    """The bytes of an order's file."""
    said = _plain(asdict(order))
    if settings.form == "json":
        return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
    if settings.form == "csv":
        return _csv(said, settings.columns, settings.delimiter)
    return _xml(said, settings.stylesheet)


def _plain(value: Any) -> Any:
    """Values as they stand in a file; what is not said is left out."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items() if part is not None and part not in ({}, (), [])}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _csv(said: dict[str, Any], columns: Mapping[str, str], delimiter: str) -> bytes:
    """A row for each line and each charge; what belongs to the order stands in each row."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    rows = [{"line": line} for line in said["lines"]]
    rows += [{"line": {**charge, "item": charge.get("kind"), "kind": "charge"}} for charge in said.get("charges", ())]
    for place, row in enumerate(rows, 1):
        whole = {**said, "place": place, **row}
        writer.writerow([_safe(_under(whole, path)) for path in columns.values()])
    return text.getvalue().encode("utf-8-sig")


def _under(said: Any, path: str) -> str:
    """What stands under a path as "order.bill_to.city" or "order.payments.0.method"; nothing where it is not said."""
    for name in path.split("."):
        if isinstance(said, list):
            said = said[int(name)] if name.isdecimal() and int(name) < len(said) else None
        else:
            said = said.get(name) if isinstance(said, Mapping) else None
    return "" if said is None else str(said)


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula. Source:  OWASP, CSV injection."""
    if text.startswith(("+", "-")) and not FIGURES.fullmatch(text):
        return f"'{text}"
    return f"'{text}" if text.startswith(("=", "@", "\t", "\r")) else text


def _xml(said: dict[str, Any], stylesheet: Path | None) -> bytes:
    from lxml import etree  # noqa: PLC0415 - only for XML

    root = etree.Element("order_to_place")
    _grow(root, said)
    if stylesheet is None:
        return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))
    access = etree.XSLTAccessControl.DENY_ALL
    transform = etree.XSLT(etree.parse(str(stylesheet)), access_control=access)
    return bytes(transform(root))


def _grow(element: Any, said: Any) -> None:
    from lxml import etree  # noqa: PLC0415 - only for XML

    if isinstance(said, Mapping):
        for name, part in said.items():
            _grow(etree.SubElement(element, "own" if not _is_name(name) else name), part)
    elif isinstance(said, list):
        for part in said:
            _grow(etree.SubElement(element, "one"), part)
    else:
        element.text = _without_controls("true" if said is True else "false" if said is False else str(said))


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii()


def _without_controls(text: str) -> str:
    """A text without the signs that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n\r" or ord(sign) >= 32)

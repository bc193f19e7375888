"""What the settings file says of the folders, the drops and the orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from listino.core.errors import Malformed, malformed
from listino.core.mapping import FactMapping, FieldOf, mapping_of, shape_of

FORMATS = ("json", "xml", "csv")
ENDED_PERCENT_MAX = 20
SETTLED_AFTER_S = 2
ANSWER_FIELDS = ("key", "number", "life", "net", "gross", "text")
FOLDERS = {"inbox": "in", "outbox": "out", "answers": "answers", "archive": "archive"}
KEYS = frozenset([*FOLDERS, "state", "settled_after_s", "ended_percent_max", "zone"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Files of one kind of fact: which they are, how they are written, and what their columns mean.

    Shapes:  complete: such a file names everything of its kind, so that what it does not name is gone. rows: the
             path of an XML file's row elements.
    """

    pattern: str
    mapping: FactMapping
    complete: bool = False
    encoding: str = "utf-8"
    delimiter: str | None = None
    sheet: str | None = None
    rows: str | None = None

    def means(self, name: str) -> bool:
        """Whether a file is one of these."""
        return fnmatchcase(name.lower(), self.pattern.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """Folders, drops, and how orders and their answers are written.

    Units:   settled_after_s: a file is read once it has not changed for so long. ended_percent_max: when a complete
             file would end more of its facts than this, it is reported and not followed.
    Shapes:  columns: for CSV, by column what of the order stands in it; stylesheet: an XSLT for XML; answers: by field
             of ANSWER_FIELDS where an answer tells it.
    """

    inbox: Path
    outbox: Path
    answers: Path
    archive: Path
    state: Path
    drops: tuple[Drop, ...]
    zone: str = "UTC"
    settled_after_s: float = SETTLED_AFTER_S
    ended_percent_max: int = ENDED_PERCENT_MAX
    form: str = "json"
    delimiter: str = ";"
    columns: Mapping[str, str] = field(default_factory=dict)
    stylesheet: Path | None = None
    check_items: bool = False
    answer_drop: Drop | None = None
    answer_fields: Mapping[str, FieldOf] = field(default_factory=dict)


def settings_of(told: Mapping[str, Any], folder: Path) -> FilesSettings:
    """The settings as their file tells them.

    Errors:  Malformed.
    """
    files, orders = _table(told, "files"), _table(told, "orders_out")
    strange = sorted(files.keys() - KEYS)
    if strange:
        raise _wrong(f"files.{strange[0]}", "It means nothing here.", f"Use {', '.join(sorted(KEYS))}.")
    drops = tuple(_drop(one, f"facts[{place}]") for place, one in enumerate(told.get("facts", ())))
    form = str(orders.get("format", "json"))
    if form not in FORMATS:
        raise _wrong("orders_out.format", f"{form!r} is no format.", f"Use one of {', '.join(FORMATS)}.")
    if form == "csv" and not orders.get("columns"):
        raise _wrong("orders_out.columns", "A CSV needs its columns.", 'Name them, as NUMBER = "order.number".')
    stylesheet = orders.get("stylesheet")
    answer_drop, answer_fields = _answers(told.get("answers"))
    return FilesSettings(
        **{name: folder / str(files.get(name, default)) for name, default in FOLDERS.items()},
        state=folder / str(files.get("state", "listino-files.db")),
        drops=drops,
        zone=str(files.get("zone", "UTC")),
        settled_after_s=float(files.get("settled_after_s", SETTLED_AFTER_S)),
        ended_percent_max=int(files.get("ended_percent_max", ENDED_PERCENT_MAX)),
        form=form,
        delimiter=str(orders.get("delimiter", ";")),
        columns=orders.get("columns", {}),
        stylesheet=None if stylesheet is None else folder / str(stylesheet),
        check_items=bool(orders.get("check_items", False)),
        answer_drop=answer_drop,
        answer_fields=answer_fields,
    )


def _drop(told: Any, place: str) -> Drop:
    if not isinstance(told, Mapping) or not told.get("kind") or not told.get("pattern"):
        raise _wrong(place, "It names no kind or no pattern.", 'As kind = "items", pattern = "items*.csv".')
    return _written(told, mapping_of(str(told["kind"]), told, place))


def _written(told: Mapping[str, Any], mapping: FactMapping) -> Drop:
    return Drop(
        pattern=str(told["pattern"]),
        mapping=mapping,
        complete=bool(told.get("complete", False)),
        encoding=str(told.get("encoding", "utf-8")),
        delimiter=told.get("delimiter"),
        sheet=told.get("sheet"),
        rows=told.get("rows"),
    )


def _answers(told: Any) -> tuple[Drop | None, dict[str, FieldOf]]:
    if told is None:
        return None, {}
    fields = told.get("fields", {})
    strange = sorted(fields.keys() - set(ANSWER_FIELDS))
    if strange or "key" not in fields:
        text = f"{strange[0]} is no field of an answer." if strange else "It names no key."
        raise _wrong("answers.fields", text, f"Use {', '.join(ANSWER_FIELDS)}; key is the order's, store/number.")
    shapes = {name: shape_of(part, f"answers.fields.{name}") for name, part in fields.items()}
    plain = {name: shape for name, shape in shapes.items() if isinstance(shape, FieldOf)}
    mapping = FactMapping(kind="answers", code=plain["key"], fields=shapes)
    return _written({"pattern": "*", **told}, mapping), plain


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name, {})
    if not isinstance(found, Mapping):
        raise _wrong(name, "It is no table.", f"Write [{name}] above its keys.")
    return found


def _wrong(place: str, text: str, remedy: str) -> Malformed:
    return malformed(place, "settings", text, remedy)

"""The operations on facts: the same six for each kind."""

from typing import Any

from listino.core.facts import KINDS, Fact
from listino.web.openapi.parts import (
    AFTER,
    AS_KNOWN,
    CODE_IN_QUERY,
    CONFIRMED,
    ETAG_OF_FACT,
    IF_MATCH,
    LIMIT,
    Operation,
    Parameter,
    Paths,
    answer,
    body,
    in_path,
    operation,
    page,
    query,
)
from listino.web.openapi.schemas import CODE, REVISION, TEXT, Schema, named

# What of a kind is answered with the scope explain:full alone.
HIDDEN = {
    "items": " Without the scope explain:full the cost is left out; do not put such an answer back.",
    "rules": " Without the scope explain:full there are no limits, no rules by cost, and none that is not active.",
}


def words_of(kind: str) -> str:
    """A kind as a heading: item-groups is "Item groups"."""
    return kind.replace("-", " ").capitalize()


def facts(schemas: dict[str, Schema]) -> Paths:
    """The operations on every kind of fact."""
    paths: Paths = {}
    for kind, record in KINDS.items():
        door = _Door(kind, record, schemas[record.__name__])
        paths[f"/v1/{kind}/{{code}}"] = door.by_path()
        paths[f"/v1/{kind}"] = door.by_query()
    return paths


class _Door:
    """The operations on one kind."""

    def __init__(self, kind: str, record: type[Fact], schema: Schema) -> None:
        self.kind = kind
        self.record = record.__name__
        self.hidden = HIDDEN.get(kind, "")
        self.many = kind.title().replace("-", "")
        self.schema = schema
        self.tag = words_of(kind)
        self.one = {"taxes": "tax", "countries": "country"}.get(kind, self.tag.lower().removesuffix("s"))

    def by_path(self) -> dict[str, Operation]:
        """With the code in the path."""
        code = in_path("code", f"The code of the {self.one}; slashes are allowed.")
        return {"get": self._get(code), "put": self._put(code), "delete": self._end(code)}

    def by_query(self) -> dict[str, Operation]:
        """With the code in the query; without a code, the list."""
        return {
            "get": self._list(),
            "put": self._put(CODE_IN_QUERY, "ByCode"),
            "delete": self._end(CODE_IN_QUERY, "ByCode"),
        }

    def _get(self, code: Parameter) -> Operation:
        found = {"200": answer(f"The {self.one}.", named(f"{self.record}Kept"), ETAG_OF_FACT)}
        return operation(
            f"get{self.record}",
            self.tag,
            f"Read a record of {self.kind}",
            "As it stands now, or as it was known then. What is answered can be put back." + self.hidden,
            scope="facts:read",
            answers=found,
            refused=(404, 410),
            parameters=[code, AS_KNOWN],
        )

    def _put(self, code: Parameter, suffix: str = "") -> Operation:
        kept = named(f"{self.record}Kept")
        found = {
            "200": answer("It was there: this is how it stands now.", kept, ETAG_OF_FACT),
            "201": answer("It is new.", kept, ETAG_OF_FACT),
        }
        return operation(
            f"put{self.record}{suffix}",
            self.tag,
            f"State a record of {self.kind}",
            "The whole record: a field that is left out is not set. The next question sees it. A record that already "
            "is as stated makes no revision. What is noticed about it is answered as `warnings`.",
            scope="facts:write",
            answers=found,
            refused=(409, 413),
            parameters=[code, CONFIRMED, IF_MATCH],
            sent=body(named(self.record), f"The {self.one}, whole."),
        )

    def _end(self, code: Parameter, suffix: str = "") -> Operation:
        return operation(
            f"end{self.record}{suffix}",
            self.tag,
            f"End a record of {self.kind}",
            "It stays known for the time before. Refused with the list of what refers to it.",
            scope="facts:write",
            answers={"200": answer("It has ended.", named("Ended"))},
            refused=(404, 409),
            parameters=[code, IF_MATCH],
        )

    def _list(self) -> Operation:
        revision = {**REVISION, "description": "The revision that was read."}
        listed = page(named(f"{self.record}Kept"), "The records of this page.", revision=revision)
        one_or_many = {"anyOf": [listed, named(f"{self.record}Kept")]}
        return operation(
            f"list{self.many}",
            self.tag,
            f"List {self.kind}",
            "A page of records, filtered by any of their fields; or the one record that `code` names." + self.hidden,
            scope="facts:read",
            answers={"200": answer("A page; with `code` the one record.", one_or_many)},
            refused=(404, 410),
            parameters=[query("code", CODE, "Only this record, alone."), self._filter(), LIMIT, AFTER, AS_KNOWN],
        )

    def _filter(self) -> Parameter:
        """Any field with a plain value is a parameter of its own."""
        fields: dict[str, Any] = {
            name: {**TEXT, "description": schema["description"]}
            for name, schema in self.schema["properties"].items()
            if _is_plain(schema) and name != "code"
        }
        schema = {"type": "object", "properties": fields, "additionalProperties": False}
        text = "Only records whose field has this value; each field is a parameter of its own name."
        return query("filter", schema, text, style="form", explode=True, example={})


def _is_plain(schema: Schema) -> bool:
    kinds = schema.get("type", [])
    return "string" in (kinds if isinstance(kinds, list) else [kinds]) and schema.get("maxLength") != 400

"""The OpenAPI document as a person reads it: sections, operations, tables of fields, examples as curl lines."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from listino.web.openapi.document import ADDRESS
from listino.web.openapi.examples import Example, first_examples, refused_examples
from listino.web.openapi.problems import PROBLEMS
from listino.web.openapi.schemas import DECIMAL, EXACT_DECIMAL, REFERENCES, Schema
from listino.web.streams import NDJSON

KEY = "YOUR_KEY"
METHODS = ("get", "put", "post", "delete")
_TYPES_BY_PATTERN = {DECIMAL: "decimal", EXACT_DECIMAL: "decimal", "^[A-Z]{3}$": "currency", "^[A-Z]{2}$": "country"}
_TYPES_OF_MANY = {"code": "codes", "text": "texts", "object": "objects"}
_TYPES_BY_FORMAT = {"date-time": "instant", "date": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field or a parameter."""

    name: str
    type: str
    place: str
    required: bool
    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One operation as it is told."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[Row, ...]
    sent: tuple[str, ...]
    answers: tuple[tuple[str, str, tuple[str, ...]], ...]
    refusals: tuple[str, ...]
    curl: str | None
    answered: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The operations of one tag; those of a kind of fact come with the table of its fields."""

    name: str
    anchor: str
    text: str
    operations: tuple[Told, ...]
    record: str | None
    fields: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A schema with its fields."""

    name: str
    text: str
    fields: tuple[Row, ...]


def sections(document: dict[str, Any]) -> tuple[Section, ...]:
    """The document by tag, in the order of the tags."""
    by_tag: dict[str, list[Told]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                by_tag[methods[method]["tags"][0]].append(_told(path, method, methods[method]))
    return tuple(_section(tag, tuple(by_tag[tag["name"]]), document) for tag in document["tags"])


def _section(tag: dict[str, str], operations: tuple[Told, ...], document: dict[str, Any]) -> Section:
    put = next((one for one in operations if one.method == "PUT" and "/v1/stock/" not in one.path), None)
    record = put.sent[0] if put is not None else None
    fields = _rows(document["components"]["schemas"][record]) if record is not None else ()
    return Section(
        name=tag["name"], anchor=anchor_of(tag["name"]), text=tag["description"], operations=operations, record=record,
        fields=fields,
    )  # fmt: skip


def records(document: dict[str, Any]) -> tuple[Record, ...]:
    """The schemas that no section shows, by name."""
    shown = {section.record for section in sections(document)}
    schemas = document["components"]["schemas"]
    return tuple(
        Record(name=name, text=schema["description"], fields=_rows(schema))
        for name, schema in schemas.items()
        if name not in shown and ("properties" in schema or "anyOf" in schema)
    )


def refusals() -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """The statuses of refusals with what they mean and their codes."""
    return tuple((status, meaning, codes) for status, (_, meaning, codes) in PROBLEMS.items())


def _told(path: str, method: str, operation: dict[str, Any]) -> Told:
    name = operation["operationId"]
    example = first_examples().get(name)
    found = {status: one for status, one in operation["responses"].items() if "$ref" not in one}
    return Told(
        anchor=name,
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        parameters=tuple(_parameter(one) for one in operation.get("parameters", ())),
        sent=_names_in(operation.get("requestBody", {})),
        answers=tuple((status, one["description"], _names_in(one)) for status, one in found.items()),
        refusals=tuple(status for status, one in operation["responses"].items() if "$ref" in one),
        curl=curl_of(document_path=path, method=method, example=example, guarded=bool(operation["security"]))
        if example is not None
        else None,
        answered=_answered(example, found),
    )


def _answered(example: Example | None, found: dict[str, Any]) -> str | None:
    if example is None or example.answer is None or str(example.status) not in found:
        return None
    if NDJSON in found[str(example.status)]["content"]:
        return "\n".join(written(line) for line in example.answer)
    return written(example.answer)


def _parameter(parameter: dict[str, Any]) -> Row:
    return Row(
        name=parameter["name"],
        type=type_of(parameter["schema"]),
        place=parameter["in"],
        required=parameter.get("required", False),
        text=parameter["description"],
        links=(),
    )


def _rows(schema: Schema) -> tuple[Row, ...]:
    required = schema.get("required", [])
    fields = dict(schema.get("properties", {}))
    for part in schema.get("anyOf", ()):
        fields |= part["properties"]
    return tuple(
        Row(
            name=name,
            type=type_of(field),
            place="field",
            required=name in required,
            text=field.get("description", ""),
            links=_names_in(field),
        )
        for name, field in fields.items()
    )


def type_of(schema: Schema) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCES)
    if "enum" in schema:
        return " | ".join(str(choice) for choice in schema["enum"] if choice is not None)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(part) for part in schema["anyOf"] if part.get("type") != "null"))
    kind = schema.get("type", "value")
    if isinstance(kind, list):
        kind = next(name for name in kind if name != "null")
    if kind == "array":
        return f"list of {_TYPES_OF_MANY.get(type_of(schema['items']), type_of(schema['items']))}"
    if kind == "string":
        special = _TYPES_BY_PATTERN.get(schema.get("pattern", "")) or _TYPES_BY_FORMAT.get(schema.get("format", ""))
        return special or ("code" if schema.get("maxLength") == 64 else "text")
    return {"integer": "whole number", "boolean": "true or false", "object": "object"}.get(kind, str(kind))


def _names_in(part: Any) -> tuple[str, ...]:
    """The schemas that a part names, those of kept facts by the fact's own."""
    found = re.findall(rf'"{REFERENCES}(\w+?)(?:Kept)?"', json.dumps(part))
    return tuple(dict.fromkeys(found))


def anchor_of(name: str) -> str:
    """A name as the anchor of its heading."""
    return name.lower().replace(" ", "-")


def curl_of(*, document_path: str, method: str, example: Example, guarded: bool) -> str:
    """An example as a line for the shell, which begins with curl and stands alone."""
    path = document_path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", quote(value))
    if example.query:
        path = f"{path}?{urlencode(example.query)}"
    words = ["curl" if method == "get" else f"curl -X {method.upper()}", _quoted(ADDRESS + path)]
    headers = {"Authorization": f"Bearer {KEY}"} if guarded else {}
    headers |= example.headers
    if example.body is not None:
        headers.setdefault("Content-Type", "application/json")
    words += [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
    if example.body is not None:
        words.append(f"-d {_quoted(example.body if isinstance(example.body, str) else written(example.body))}")
    first, *rest = words
    return " \\\n  ".join([f"{first} {rest[0]}", *rest[1:]])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def written(value: Any, indent: str = "") -> str:
    """JSON for people: what fits stays on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + len(indent) <= 88 or not isinstance(value, dict | list):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        inner = [deeper + written(member, deeper) for member in value]
        return "[\n" + ",\n".join(inner) + f"\n{indent}]"
    inner = [f"{deeper}{json.dumps(name)}: {written(member, deeper)}" for name, member in value.items()]
    return "{\n" + ",\n".join(inner) + f"\n{indent}}}"


def refused_curl(document: dict[str, Any], name: str) -> tuple[str, str]:
    """An example that is refused: its curl line and the problem that it is answered."""
    example = refused_examples()[name]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] == name:
                return curl_of(document_path=path, method=method, example=example, guarded=True), written(
                    example.answer
                )
    raise LookupError(name)

"""A check of plain values against a JSON Schema: only the words that our contract uses, and no others."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

KNOWN = {
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "enum",
    "const", "anyOf", "allOf", "$ref", "pattern", "minLength", "maxLength", "minimum", "maximum", "format", "default",
    "description", "readOnly", "title", "propertyNames",
}  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "object": (dict,),
    "array": (list,), "null": (type(None),),
}  # fmt: skip
FORMATS = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}


def faults_in(value: Any, schema: dict[str, Any], document: dict[str, Any], path: str = "$") -> Iterator[str]:
    """Where a value is not as its schema says."""
    assert set(schema) <= KNOWN, f"unknown words at {path}: {set(schema) - KNOWN}"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from faults_in(value, document["components"]["schemas"][name], document, path)
    for part in schema.get("allOf", ()):
        yield from faults_in(value, part, document, path)
    if "anyOf" in schema:
        tried = [list(faults_in(value, part, document, path)) for part in schema["anyOf"]]
        if all(tried):
            yield min(tried, key=len)[0]
    if "type" in schema and not is_of(value, schema["type"]):
        yield f"{path}: {value!r} is not {schema['type']}"
    elif isinstance(value, dict):
        yield from faults_in_object(value, schema, document, path)
    elif isinstance(value, list):
        yield from faults_in_list(value, schema, document, path)
    else:
        yield from faults_in_plain(value, schema, path)


def is_of(value: Any, kinds: str | list[str]) -> bool:
    wanted = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, TYPES[kind]) for kind in wanted)


def faults_in_object(value: dict[str, Any], schema: dict[str, Any], document: Any, path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    others = schema.get("additionalProperties", True)
    for name, member in value.items():
        if name in known:
            yield from faults_in(member, known[name], document, f"{path}.{name}")
        elif others is False:
            yield f"{path}: {name} is not in the schema"
        elif isinstance(others, dict):
            yield from faults_in(member, others, document, f"{path}.{name}")


def faults_in_list(value: list[Any], schema: dict[str, Any], document: Any, path: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{path}: {len(value)} members"
    for index, member in enumerate(value):
        yield from faults_in(member, schema.get("items", {}), document, f"{path}[{index}]")


def faults_in_plain(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str):
        yield from faults_in_text(value, schema, path)
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is out of bounds"


def faults_in_text(value: str, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{path}: {len(value)} characters"
    if "format" in schema:
        try:
            FORMATS[schema["format"]](value)
        except ValueError:
            yield f"{path}: {value!r} is no {schema['format']}"

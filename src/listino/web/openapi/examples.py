"""One true example of every operation: in their order they are a story that a test lives through."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from listino.core.facts import KINDS
from listino.web.streams import NDJSON

CSV = "text/csv"
FILE = Path(__file__).parent / "examples.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request with the status, and mostly the answer, that it is given."""

    operation: str
    status: int
    name: str = ""
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Any = None


@cache
def examples() -> tuple[Example, ...]:
    """The examples in the order of the story: records are stated, asked for, and in the end they end."""
    told = msgspec.json.decode(FILE.read_bytes(), type=tuple[Example, ...])
    return (*told, *_of_records(told))


def _of_records(told: tuple[Example, ...]) -> Iterator[Example]:
    """What the story does with every kind of record once it is stated."""
    stated = {example.operation: example for example in told if example.operation.startswith("put")}
    of_kind = [(kind, stated[f"put{record.__name__}"], record.__name__) for kind, record in KINDS.items()]
    for kind, put, record in of_kind:
        yield Example(operation=f"get{record}", status=200, path=put.path)
        yield Example(operation=f"list{kind.title().replace('-', '')}", status=200, query={"limit": "2"})
        yield replace(put, operation=f"put{record}ByCode", status=200, path={}, query=put.path, answer=None)
    yield Example(operation="endRuleByCode", status=200, query={"code": "installers-cables"})
    order = [put.operation for put in told if put.operation in stated]
    for _, put, record in sorted(of_kind, key=lambda entry: order.index(entry[1].operation), reverse=True):
        yield Example(operation=f"end{record}", status=200, path=put.path)
        if record != "Rule":
            yield replace(put, answer=None)
            yield Example(operation=f"end{record}ByCode", status=200, query=put.path)


def first_examples() -> dict[str, Example]:
    """The example of each operation that is shown with it."""
    shown: dict[str, Example] = {}
    for example in examples():
        shown.setdefault(example.operation, example)
    return shown


def refused_examples() -> dict[str, Example]:
    """The examples of requests that are refused."""
    return {example.operation: example for example in examples() if example.name == "refused"}


def show(operation: dict[str, Any]) -> None:
    """Put an operation's examples into the document: its parameters, its bodies, each of its answers."""
    told = [example for example in examples() if example.operation == operation["operationId"]]
    if not told:
        return
    first = told[0]
    values = {**first.path, **first.query, **first.headers}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    if first.body is not None:
        content = operation["requestBody"]["content"]
        content[next(iter(content))]["example"] = first.body
        if NDJSON in content:
            content[NDJSON]["example"] = lines_of(first.body["changes"])
    for example in told:
        content = operation["responses"].get(str(example.status), {}).get("content")
        if content and example.answer is not None:
            kind = CSV if isinstance(example.answer, str) and CSV in content else next(iter(content))
            content[kind].setdefault("example", lines_of(example.answer) if kind == NDJSON else example.answer)


def show_again(operation: dict[str, Any], known: Mapping[str, Any]) -> None:
    """Give answers without an example of their own that of another operation with the same schema."""
    for response in operation["responses"].values():
        for shown in response.get("content", {}).values():
            if "example" not in shown and (found := _filled(shown["schema"], known)) is not None:
                code = next((one.get("example") for one in operation["parameters"] if one["name"] == "code"), None)
                shown["example"] = found | ({"code": code} if set(found) == {"code", "revision"} else {})


def known_examples(operations: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """An example of each schema that some operation answers as a whole, by its reference."""
    return {
        shown["schema"]["$ref"]: shown["example"]
        for operation in operations
        for response in operation["responses"].values()
        for shown in response.get("content", {}).values()
        if "example" in shown and "$ref" in shown["schema"]
    }


def _filled(schema: dict[str, Any], known: Mapping[str, Any]) -> Any:
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], known)
    if "$ref" in schema:
        return known.get(schema["$ref"])
    line = _filled(schema["properties"]["data"]["items"], known) if "data" in schema.get("properties", {}) else None
    if line is None:
        return None
    return {"data": [line], "next": None} | ({"revision": line["revision"]} if "revision" in line else {})


def lines_of(answer: Any) -> str:
    """An answer of lines as it comes: one JSON object a line."""
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in answer)

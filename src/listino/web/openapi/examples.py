"""One true example of every operation: in their order they are a story that a test lives through."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from listino.core.facts import KINDS
from listino.web.streams import NDJSON

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
    rules = ("installers-cables", "december-cables")
    for code in rules:
        yield Example(operation="endRuleByCode", status=200, query={"code": code})
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
    """Put an operation's example into the document: its parameters, its body, its answer."""
    example = first_examples().get(operation["operationId"])
    if example is None:
        return
    values = {**example.path, **example.query, **example.headers}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    if example.answer is not None:
        content = operation["responses"][str(example.status)]["content"]
        content[next(iter(content))]["example"] = lines_of(example.answer) if NDJSON in content else example.answer


def lines_of(answer: Any) -> str:
    """An answer of lines as it comes: one JSON object a line."""
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in answer)

"""The contract says what the doors do: all of their routes, and nothing that a real application does not answer."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.routing import Match, Route

from listino.web.app import App
from listino.web.live_stream import MEDIA_TYPE as EVENTS
from listino.web.openapi.document import document
from listino.web.openapi.examples import FILE, Example, examples
from listino.web.openapi.problems import PROBLEMS
from listino.web.openapi.words import COMMON, OWN
from listino.web.routes import PRICES, SOAP
from listino.web.settings import WebSettings
from listino.web.streams import NDJSON
from tests.asgi import Client, Response
from tests.house.code import SOURCE
from tests.shop import CountedChance, House, SetClock, opened
from tests.web.schema import faults_in

# Set, the answers that the examples are given now are written down beside them.
WRITE = "LISTINO_TEST_WRITE"
# What differs from one run to the next: the time line's name, and how often the clock was read before.
EPOCH = re.compile(r'(?<="epoch":")[0-9a-f]{16}')
LISTENER = re.compile(r'(?:(ln_)0[0-9a-f]+|(whsec_)A[^"]+)(?=")')
QUOTE = re.compile(r'(?<="quote":"lq1\.)[^"]+')
SEALED = re.compile(r'(?<="quote":"lqs1\.)[^"]+')
EVENT_ID = re.compile(r"(?m)(?<=^id: )(\d+)-.+$")
TOKEN = re.compile(r'(?<="token":")[\w.-]+(?=")')
READS = re.compile(r"(?<=T12:\d\d:00)\.\d{6}(?=Z)")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as empty:
        yield empty


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


# Every answer has these, and the pages some more.
UNTOLD_HEADERS = {
    "cache-control", "content-length", "content-type", "content-security-policy", "referrer-policy",
    "x-content-type-options", "cross-origin-resource-policy", "connection", "x-accel-buffering",
}  # fmt: skip
FOR_A_PAGE = ("vary", "access-control-allow-origin", "access-control-expose-headers")
BY_NAME = {operation["operationId"]: (path, method, operation) for path, method, operation in operations()}


def routes(house: House) -> list[Route]:
    app = App(house.database, WebSettings(metrics_folder=str(house.path.parent / "m")), house.clock, CountedChance())
    return [route for route in app.routes if isinstance(route, Route)]


def matched(route: Route, path: str, method: str) -> bool:
    return route.matches({"type": "http", "path": path, "method": method})[0] is Match.FULL


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


def test_every_route_is_in_the_document_with_every_method(house: House) -> None:
    told = [(filled(path), method) for path, method, _ in operations()]
    missing = [
        (route.path, method)
        for route in routes(house)
        for method in (route.methods or set()) - {"HEAD"}
        if not any(asked == method and matched(route, path, method) for path, asked in told)
    ]
    assert missing == []
    assert f"`{SOAP}?wsdl`" in document()["info"]["description"]


def test_every_operation_in_the_document_has_a_route(house: House) -> None:
    before_the_router = {("/v1/prices", "GET"), ("/v1/prices/{item}", "GET"), ("/v1/prices/{item}/ladder", "GET")}
    assert PRICES == "/v1/prices"
    unknown = [
        (path, method)
        for path, method, _ in operations()
        if (path, method) not in before_the_router
        and not any(matched(route, filled(path), method) for route in routes(house))
    ]
    assert unknown == []


def test_operations_have_names_of_their_own_and_every_reference_leads_somewhere() -> None:
    assert len(BY_NAME) == len(list(operations()))
    found = set(re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document())))
    components = document()["components"]
    assert [(group, name) for group, name in found if name not in components[group]] == []


def test_every_field_says_what_it_means_and_no_meaning_is_left_over() -> None:
    schemas = document()["components"]["schemas"]
    fields = {(name, field): schema for name, one in schemas.items() for field, schema in properties_of(one)}
    assert [place for place, schema in fields.items() if not schema.get("description")] == []
    said = {schema["description"] for schema in fields.values()}
    parameters = {one["description"] for _, _, operation in operations() for one in operation.get("parameters", ())}
    everything = " ".join(said | parameters)
    assert [name for name, text in {**COMMON, **OWN}.items() if text not in everything] == []


def properties_of(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    for part in schema.get("anyOf", ()):
        yield from ((name, one) for name, one in part.get("properties", {}).items() if "$ref" not in one)


def test_every_code_of_a_refusal_is_one_that_the_program_gives() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.parent.name != "openapi"
    )
    made = {"unknown_item", "unknown_customer", "unknown_channel", "unknown_brand"}
    codes = {code for _, _, codes in PROBLEMS.values() for code in codes} - made
    assert [code for code in codes if f'"{code}"' not in source] == []


def test_every_operation_has_an_example() -> None:
    assert set(BY_NAME) - {example.operation for example in examples()} == set()


def test_every_example_is_answered_as_the_document_says(house: House) -> None:
    answered = story(house.client)
    faults = [fault for example, response in answered for fault in faults_of(example, response)]
    if os.environ.get(WRITE):
        write_down(answered)
    assert faults == []


def story(client: Client) -> list[tuple[Example, Response]]:
    """Every example with what it is answered; tokens, quotes and orders of a page are those of the ones before it."""
    answered: list[tuple[Example, Response]] = []
    told: dict[str, str] = {}
    for example in examples():
        headers = {name: value.replace("TOKEN", told.get("token", "")) for name, value in example.headers.items()}
        asked = replace(example, headers=headers)
        if example.operation == "placeMyOrder":
            asked = replace(asked, body=example.body | {"quote": told["quote"]})
        if example.operation == "getMyOrder":
            asked = replace(asked, path={"id": told["id"]})
        response = sent(client, asked)
        if example.operation in {"mintToken", "askMyBasket", "placeMyOrder"}:
            told |= {name: value for name, value in response.json().items() if name in {"token", "quote", "id"}}
        answered.append((example, response))
    return answered


def sent(client: Client, example: Example) -> Response:
    path, method, operation = BY_NAME[example.operation]
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", value)
    options: dict[str, Any] = {"params": example.query, "headers": example.headers}
    if EVENTS in operation["responses"].get(str(example.status), {}).get("content", {}):
        options["gone_after"] = 2  # A stream is read until all has been told once.
    if example.body is not None:
        options["content" if isinstance(example.body, str) else "json"] = (
            example.body.encode() if isinstance(example.body, str) else example.body
        )
    return client.request(method, path, **options)


def faults_of(example: Example, response: Response) -> list[str]:
    place = f"{example.operation} {example.path or example.query}"
    _, _, operation = BY_NAME[example.operation]
    faults = []
    if response.status != example.status:
        return [f"{place}: {response.status}, not {example.status}: {response.body.decode()[:400]}"]
    told = operation["responses"].get(str(response.status))
    if told is None:
        return [f"{place}: status {response.status} is not in the document"]
    if "$ref" in told:
        told = document()["components"]["responses"][told["$ref"].rpartition("/")[2]]
    named = {name.lower() for name in told.get("headers", ())}
    untold = set(response.headers) - named - UNTOLD_HEADERS
    missing = named - set(response.headers) - {"x-request-id"}  # Prices that are asked by GET are not named.
    # A refusal tells when to come back where time mends it; that a page may read it goes without saying.
    if (example.status < 400 and (untold or missing)) or untold - set(FOR_A_PAGE):
        faults.append(f"{place}: a header is missing: {response.headers}")
    content = told["content"]
    kind = response.headers["content-type"].partition(";")[0]
    if kind not in content:
        return [*faults, f"{place}: {kind} is not in the document"]
    if kind.endswith("json"):
        for answer in response.lines() if kind == NDJSON else [response.json()]:
            faults += [f"{place}: {fault}" for fault in faults_in(answer, content[kind]["schema"], document())]
    if example.body is not None and example.status < 400:
        schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
        faults += [f"{place} asked: {fault}" for fault in faults_in(example.body, schema, document())]
    if example.answer is not None and steady(response) != example.answer:
        faults.append(f"{place}: answered otherwise; {WRITE}=1 writes it down: {response.body.decode()}")
    return faults


def steady(response: Response) -> Any:
    text = QUOTE.sub("8b1f2c3d.eyJ9.Zm9y", READS.sub("", EPOCH.sub("0123456789abcdef", response.body.decode())))
    text = SEALED.sub("eyJ9..Zm9y.YmFy.YmF6", text)
    text = TOKEN.sub("eyJ0eXAiOiJKV1QifQ.eyJ9.Zm9y", text)
    if response.headers["content-type"].startswith(NDJSON):
        return [msgspec.json.decode(line) for line in text.splitlines()]
    if response.headers["content-type"].startswith(EVENTS):
        return LISTENER.sub(lambda found: (found[1] or found[2]) + "0" * 16, EVENT_ID.sub(r"\1-0Wq1ZzNbW3k", text))
    if response.headers["content-type"].startswith("text/"):
        return text
    return msgspec.json.decode(text)


def write_down(answered: list[tuple[Example, Response]]) -> None:
    told = len(json.loads(FILE.read_text(encoding="utf-8")))
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    for index, (_, response) in enumerate(answered[:told]):
        if "answer" in kept[index]:
            kept[index]["answer"] = steady(response)
    lines = [json.dumps(one, ensure_ascii=False) for one in kept]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    assert [asdict(one) for one in msgspec.json.decode(FILE.read_bytes(), type=tuple[Example, ...])]


@pytest.mark.parametrize(
    ("settings", "headers", "address"),
    [
        ({}, {"host": "prices.example.com:8080"}, "http://prices.example.com:8080"),
        ({"base_path": "/listino"}, {"host": "a.example"}, "http://a.example/listino"),
        ({"public_url": "https://prices.example.com/api"}, {"host": "inner:1"}, "https://prices.example.com/api"),
        (
            {"trusted_proxies": ("127.0.0.1",)},
            {"host": "inner:1", "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https",
             "x-forwarded-host": "shop.example"},
            "https://shop.example",
        ),
        ({}, {"host": "inner:1", "x-forwarded-host": "evil.example"}, "http://inner:1"),
    ],
)  # fmt: skip
def test_the_document_and_the_page_name_the_address_that_the_caller_sees(
    tmp_path: Path, settings: dict[str, Any], headers: dict[str, str], address: str
) -> None:
    with opened(tmp_path, company=False) as house:
        here = WebSettings(metrics_folder=str(tmp_path / "other"), **settings)
        client = Client(App(house.database, here, SetClock(), CountedChance()))
        try:
            contract = client.request("GET", "/openapi.json", headers=headers).json()
            page = client.request("GET", "/docs", headers=headers).body.decode()
        finally:
            client.close()
    assert [server["url"] for server in contract["servers"]] == [address]
    assert f"&#39;{address}/v1/prices/CB-10432?" in page
    assert "address.invalid" not in page + json.dumps(contract)

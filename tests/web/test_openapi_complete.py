"""Nothing that a caller can meet is missing in the contract: statuses, codes, headers, scopes, and examples of each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.core.findings import CHECKS
from listino.db.access import SCOPES
from listino.flows.access import created
from listino.web.faults import STATUS_OF, STATUS_OF_CODE
from listino.web.openapi.document import document
from listino.web.openapi.problems import PROBLEM_TYPE, PROBLEMS
from listino.web.streams import NDJSON
from tests.house.code import SOURCE
from tests.shop import NOW, CountedChance, House, opened
from tests.web.codes import codes_by_status
from tests.web.schema import faults_in
from tests.web.test_openapi import BY_NAME

# Codes that no call in the source names in full: unknown_KIND, the checks at save, the default of Unavailable, and
# those that are handed on.
MADE = {
    "unknown_item", "unknown_customer", "unknown_channel", "unknown_brand", "to_confirm", "unavailable",
    "database_failed",
    "unknown_quote", "quote_expired", "quote_differs", "token_expired", "quote_secrets", "token_secrets", *CHECKS,
}  # fmt: skip
# What every request of HTTP may carry, and what proxies add.
EVERYWHERE = {
    "accept", "access-control-request-method", "authorization", "content-length", "content-type", "host", "origin"
}  # fmt: skip
# What SOAP asks and answers is shown by its own contract, and a body that is too large is a fault as others are.
OF_SOAP = {"text/xml", "application/soap+xml"}
# Pages and figures are read as they come: an example would tell nothing.
UNSHOWN = {"text/html", "text/css", "text/javascript", "text/plain", *OF_SOAP}
SCOPE = re.compile(r"Needs the scope `([a-z:]+)`\.")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_every_status_of_a_refusal_is_in_the_table_of_problems() -> None:
    assert set(STATUS_OF.values()) | set(STATUS_OF_CODE.values()) | {500, 503} == set(PROBLEMS)


def test_every_code_that_the_program_gives_is_told_under_its_status() -> None:
    given = {status: set(codes) for status, codes in codes_by_status().items()}
    told = {status: set(codes) for status, (_, _, codes) in PROBLEMS.items()}
    assert [code for status, codes in given.items() for code in codes - told.get(status, set())] == []
    left_over = {status: codes - given.get(status, set()) - MADE for status, codes in told.items()}
    assert {status: codes for status, codes in left_over.items() if codes} == {
        405: {"method_not_allowed"}, 500: {"internal"}
    }  # fmt: skip


def test_every_header_that_a_door_reads_is_a_parameter_of_some_operation() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in doors())
    read = set(re.findall(r'headers\.get\("([a-z-]+)"', source)) | set(re.findall(r'name == b"([a-z-]+)"', source))
    told = {
        one["name"].lower()
        for _, _, operation in BY_NAME.values()
        for one in operation.get("parameters", ())
        if one["in"] == "header"
    }
    assert (read - EVERYWHERE - told, told - read) == (set(), set())


def doors() -> Iterator[Path]:
    return (path for path in (SOURCE / "web").rglob("*.py") if not {"openapi", "soap"} & set(path.parts))


def test_every_request_and_every_answer_is_shown_by_an_example_that_fits() -> None:
    faults = []
    for name, (_, _, operation) in BY_NAME.items():
        for place, kind, shown in contents(operation):
            if "example" not in shown:
                unshown = kind in UNSHOWN or name == "getOpenApi"  # The contract is its own example.
                faults += [] if unshown else [f"{name} {place} {kind}: no example"]
            elif kind not in UNSHOWN | {NDJSON, "text/csv", "text/event-stream"}:
                faults += [f"{name} {place}: {one}" for one in faults_in(shown["example"], shown["schema"], document())]
    assert faults == []


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, shown in operation.get("requestBody", {}).get("content", {}).items():
        yield "asked", kind, shown
    for status, response in operation["responses"].items():
        for kind, shown in response.get("content", {}).items():
            yield status, kind, shown


def test_every_refusal_is_shown_by_examples_that_fit() -> None:
    responses = document()["components"]["responses"]
    assert len(responses) == len(PROBLEMS)
    for status, (name, _, codes) in PROBLEMS.items():
        shown = responses[name]["content"][PROBLEM_TYPE]
        assert shown["examples"], name
        for code, example in shown["examples"].items():
            assert (example["value"]["code"], example["value"]["status"], code in codes) == (code, status, True)
            assert list(faults_in(example["value"], shown["schema"], document())) == []


def test_every_body_can_be_too_large_and_every_guarded_door_refuses_in_the_same_ways() -> None:
    for name, (_, _, operation) in BY_NAME.items():
        statuses = set(operation["responses"])
        if "requestBody" in operation and name != "askBySoap":
            assert "413" in statuses, name
        if operation["security"]:
            assert {"400", "401", "403", "429", "500", "503"} <= statuses, name


def test_without_a_key_no_guarded_door_opens_and_the_answer_says_how_to_sign_in(house: House) -> None:
    for name, (path, method, operation) in BY_NAME.items():
        if operation["security"]:
            answer = house.client.request(method, filled(path), headers={"Authorization": ""})
            seen = (answer.status, answer.headers["www-authenticate"], answer.json()["code"])
            assert (name, *seen) == (name, 401, 'Bearer realm="listino"', "unauthenticated")


def test_each_operation_needs_the_scope_that_it_names(house: House) -> None:
    chance = CountedChance(5_000)
    without = {
        scope: created(house.database, scope, [one for one in SCOPES if one not in {scope, "all"}], channel=None,
                       test=False, now=NOW, chance=chance)[1]
        for scope in SCOPES
    }  # fmt: skip
    for name, (path, method, operation) in BY_NAME.items():
        if operation["security"] != [{"key": []}] or name == "listRequests":  # A key's own need none.
            continue
        scope = SCOPE.findall(operation["description"])[-1]
        options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {without[scope]}"}}
        sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
        asked = {one["name"]: one["example"] for one in operation.get("parameters", ())
                 if one["in"] == "query" and one.get("required")}  # fmt: skip
        answer = house.client.request(method, filled(path), params=asked, **options, **as_json(sent))
        assert (name, answer.status, answer.json()["code"]) == (name, 403, "scope_missing")


def as_json(sent: dict[str, Any] | None) -> dict[str, Any]:
    return {} if sent is None else {"json": sent["example"]}


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)

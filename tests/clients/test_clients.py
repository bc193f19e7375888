"""Real clients call every operation and read every fault: what they read is what the answer says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from listino.db.migrate import migrated
from tests.clients import zeep_client
from tests.clients.calls import CALLS
from tests.clients.drivers import DRIVERS, Driver
from tests.clients.place import Outcome, Place
from tests.clients.sameness import differences, plain
from tests.server import Server, new_key, serving
from tests.shop import COMPANY
from tests.web.soap.envelopes import ENVELOPE, NAMESPACE, TYPE, envelope

VERSIONS = ("1.1", "1.2")
# So many of the calls are refused.
REFUSED = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = f"sqlite:///{tmp_path_factory.mktemp('clients') / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    with serving(url, new_key(url)) as one:
        facts = (*COMPANY, ("items", "unpriced", {"item_groups": ["tools"]}))
        changes = [{"kind": kind, "code": code} | said for kind, code, said in facts]
        assert one.ask("POST", "/v1/changes?confirm=true", {"changes": changes}).status == 200
        assert one.ask("PUT", "/v1/stock/hammer", {"on_hand": "100", "warehouse": "main"}).status == 200
        yield one


@pytest.fixture(scope="module")
def place(server: Server) -> Place:
    return Place(f"http://127.0.0.1:{server.port}", server.key)


@pytest.fixture(scope="module")
def expected(server: Server) -> dict[str, list[Outcome]]:
    """What our server answers to each call, by version: read from the bytes themselves."""
    return {version: [raw(server, version, call) for call in CALLS] for version in VERSIONS}


def raw(server: Server, version: str, call: dict[str, Any]) -> Outcome:
    connection = server.connect()
    inner = f'<{call["operation"]} xmlns="{NAMESPACE}">{written("request", call["request"])}</{call["operation"]}>'
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": TYPE[version]}
    connection.request("POST", "/soap", envelope(inner, version).encode(), headers)
    body = connection.getresponse().read()
    connection.close()
    content = etree.fromstring(body).find(f"{{{ENVELOPE[version]}}}Body")[0]
    problem = content.find(f".//{{{NAMESPACE}}}Problem")
    return {"fault": plain(problem)} if problem is not None else {"result": plain(content[0])}


def written(name: str, said: Any) -> str:
    if isinstance(said, list):
        return "".join(written(name, one) for one in said)
    if isinstance(said, dict):
        return f"<{name}>{''.join(written(*field) for field in said.items())}</{name}>"
    text = str(said).lower() if isinstance(said, bool) else str(said)
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<{name}>{text}</{name}>"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "driver",
    [pytest.param(one, marks=() if one.name == "zeep" else (pytest.mark.long,), id=one.name) for one in DRIVERS],
)
def test_a_client_reads_every_answer_and_fault_as_it_was_said(
    driver: Driver, version: str, place: Place, expected: dict[str, list[Outcome]], tmp_path: Path
) -> None:
    missing = driver.missing()
    if missing:
        pytest.skip(f"The SOAP client {driver.name} is NOT RUN: {missing} is not installed (make test-clients).")
    outcomes = driver.asked(place, version, tmp_path, CALLS)
    assert len(outcomes) == len(CALLS)
    found = [
        f"{call['operation']} {line}"
        for call, said, read in zip(CALLS, expected[version], outcomes, strict=True)
        for line in differences(said, read)
    ]
    assert found == []
    assert sum("fault" in one for one in outcomes) == REFUSED


@pytest.mark.parametrize("version", VERSIONS)
def test_a_username_token_opens_the_door(version: str, place: Place, tmp_path: Path) -> None:
    calls = [{"operation": "Ping", "request": {"echo": "token"}}]
    (answer,) = zeep_client.asked(place, version, tmp_path, calls, by_token=True)
    assert answer["result"]["echo"] == "token"
    (refusal,) = zeep_client.asked(Place(place.address, "wrong"), version, tmp_path, calls, by_token=True)
    assert refusal["fault"]["code"] == "unauthenticated"


def test_a_client_that_read_something_else_would_be_noticed(expected: dict[str, list[Outcome]]) -> None:
    said = expected["1.1"][1]
    read = {"result": {**said["result"], "price": {**said["result"]["price"], "netPrice": "0.01"}}}
    assert [line.partition(":")[0] for line in differences(said, read)] == ["/result/price/netPrice"]

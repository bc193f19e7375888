"""Whatever a document tries: it is refused with a fault that says so, and nothing is opened, called or told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.asgi import Client, Response
from tests.shop import House, opened
from tests.web.soap.envelopes import NAMESPACE, told
from tests.web.soap.hostile import ADDRESS, FILE, Case, cases
from tests.web.soap.watch import Canaries, canaries

# What no answer may show: of the machine, of what it is built with, of what lies in a file.
NEVER_SHOWN = (b"SECRET OF THE CANARY", b"lxml", b"libxml", b"Traceback", b".py", b"/home", b"/tmp", b"site-packages")
CPU_S_MAX = 2.0
MEMORY_MIB_MAX = 200


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as one:
        yield one


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    with canaries(tmp_path_factory.mktemp("birds")) as both:
        yield both


def sent(house: House, case: Case, birds: Canaries | None = None) -> Response:
    """A case's document handed in, with the key unless the case brings its own."""
    body = case.body.replace(b"@KEY@", house.key.encode())
    if birds is not None:
        body = body.replace(FILE.encode(), str(birds.file).encode()).replace(ADDRESS.encode(), birds.address.encode())
    client = house.client
    if case.bare:
        client = Client(client.app)
    try:
        return client.request("POST", "/soap", content=body, headers=case.sent)
    finally:
        if case.bare:
            client.close()


def cpu_s() -> float:
    return time.process_time()


def memory_mib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@pytest.mark.parametrize("case", [case for case in cases() if not case.fine], ids=lambda case: case.name)
def test_a_hostile_document_is_refused_and_touches_nothing(house: House, birds: Canaries, case: Case) -> None:
    memory, begun = memory_mib(), cpu_s()
    answer = sent(house, case, birds)
    assert cpu_s() - begun < CPU_S_MAX
    assert memory_mib() - memory < MEMORY_MIB_MAX
    found = told(answer)
    assert found.code in {"Client", "Sender", "MustUnderstand", "VersionMismatch"}, found
    # SOAP 1.2 (part 2, table 20) answers all but Sender with 500.
    refused = 400 if found.code == "Sender" else 500
    assert answer.status in {refused, 401, 415}, answer.body
    assert not [word for word in NEVER_SHOWN if word in answer.body]
    assert birds.touched() == []


@pytest.mark.parametrize("case", [case for case in cases() if case.fine], ids=lambda case: case.name)
def test_a_harmless_document_is_answered_and_touches_nothing(house: House, birds: Canaries, case: Case) -> None:
    answer = sent(house, case, birds)
    assert answer.status == 200, answer.body
    price = etree.fromstring(answer.body).find(f".//{{{NAMESPACE}}}price")
    assert price is not None
    quantity = case.quantity or "1"
    assert price.findtext(f"{{{NAMESPACE}}}net") == house.price("hammer", quantity=quantity)["net"]
    assert birds.touched() == []


def test_the_canaries_sing(birds: Canaries) -> None:
    birds.file.read_text()
    assert birds.touched() == ["the file was opened"]

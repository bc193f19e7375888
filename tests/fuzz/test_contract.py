"""Whatever is sent to any door is answered as the document says: no failure of ours, and nothing that hangs."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from listino.web.openapi.document import document
from tests.fuzz.contract import book_served, ran
from tests.server import Server

PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with book_served(tmp_path) as served:
        yield served


@pytest.mark.parametrize(
    ("every_kind", "examples"), [(False, 3), pytest.param(True, 40, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_whatever_is_sent_is_answered_as_the_document_says(
    server: Server, tmp_path: Path, every_kind: bool, examples: int
) -> None:
    run = ran(server, tmp_path, "--max-examples", str(examples), "--no-shrink", every_kind=every_kind)
    assert run.returncode == 0, run.stdout + run.stderr
    assert [phase for phase in PHASES if f"✅ {phase}\n" not in run.stdout] == []


def test_whatever_a_browser_sends_is_answered_as_the_document_says(server: Server, tmp_path: Path) -> None:
    said = {"customer": "D20417", "channel": "b2b", "origins": ["https://shop.example"], "orders": True}
    token = server.ask("POST", "/v1/customer-tokens", said).json()["token"]
    only = ("--include-path-regex", "^/v1/me", "--max-examples", "5", "--no-shrink")
    run = ran(server, tmp_path, *only, every_kind=True, shown=token)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_status_that_the_document_does_not_tell_is_found(server: Server, tmp_path: Path) -> None:
    told = deepcopy(document())
    del told["paths"]["/v1/orders/{id}"]["get"]["responses"]["404"]
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(told), encoding="utf-8")
    only = ("--include-operation-id", "getOrder", "--phases", "coverage")
    run = ran(server, tmp_path, *only, every_kind=True, document=str(changed))
    assert (run.returncode, "Undocumented status code: 1" in run.stdout) == (1, True), run.stdout

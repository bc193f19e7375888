"""The guide "Connect your store in an hour", lived through: every block is run in order against a real server."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from listino.demo import company, showcase
from listino.demo.days import ZONE
from tests.demo.shelf import shelf
from tests.guides.blocks import Block, Store, answered, blocks_of, missing, pairs_of
from tests.guides.http_file import requests_of
from tests.house.code import ROOT
from tests.house.test_guide_webhooks import cases
from tests.server import Server, listino, serving

GUIDE = ROOT / "docs" / "guides" / "connect-your-store.md"
HTTP_FILE = ROOT / "docs" / "listino.http"
BLOCKS = blocks_of(GUIDE)
# What is run by which program beside the shell's own curl; the first alone is part of every run of the tests.
RUNTIMES = {"python": "python3", "php": "php", "js": "node"}
SCOPES = "prices:read,orders:create,orders:read,tokens:create,webhooks:manage"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    items = frozenset([showcase.CABLE, showcase.DRILL])
    with shelf(folder, company.facts(Random(company.SEED), today), items):
        url = f"sqlite:///{folder / 'demo.db'}"
    made = listino("keys", "create", "--name", "my-store", "--test", "--channel", "b2b", "--scopes", SCOPES,
                   "--database", url)  # fmt: skip
    with serving(url, made.stdout.split()[-1]) as server:
        yield Store(folder, server, url)


def check(store: Store, block: Block, shown: Block | None) -> None:
    """Run a block; what is shown of its output must be in it."""
    output = store.run(block)
    store.keep(answered(output))
    if shown is not None and shown.language == "json":
        assert (block.text, list(missing(answered(shown.text), answered(output)))) == (block.text, [])
    elif shown is not None and "event:" in shown.text:
        assert [line for line in output.splitlines() if line.startswith("event:")] == shown.text.splitlines()
    elif shown is not None:
        assert output == shown.text


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "json", "text", "html", *RUNTIMES}
    assert {block.program for block in BLOCKS if block.language == "sh"} == {"curl", "listino", *RUNTIMES.values()}
    assert [block for block in BLOCKS if block.language in RUNTIMES and block.file is None] == []


def test_what_the_shell_and_python_run_gives_what_the_guide_shows(store: Store) -> None:
    ran = 0
    for block, shown in pairs_of(BLOCKS):
        if block.language == "python":
            store.write(block)
        elif block.language == "html":
            assert_page(store.filled(block.text), store.server)
        elif block.language == "sh" and block.program in {"curl", "listino", "python3"}:
            check(store, block, shown)
            ran += 1
    assert ran > 15


def assert_page(page: str, server: Server) -> None:
    """The script that the page loads is served, and its token is none that stands for another."""
    address = page.partition('src="')[2].partition('"')[0]
    assert address == f"http://127.0.0.1:{server.port}/listino.js"
    assert server.ask("GET", "/listino.js").status == 200
    assert "YOUR_TOKEN" not in page


@pytest.mark.long
@pytest.mark.parametrize("language", ["php", "js"])
def test_what_other_runtimes_run_gives_what_the_guide_shows(store: Store, language: str) -> None:
    program = RUNTIMES[language]
    if shutil.which(program) is None:
        pytest.skip(f"not run: there is no {program} on this machine")
    for block, shown in pairs_of(BLOCKS):
        if block.language == language:
            store.write(block)
        elif block.language == "sh" and block.program == program:
            if "YOUR_TOKEN" not in store.known:
                said = {"customer": "100001", "channel": "b2b", "origins": ["https://shop.example.com"]}
                store.keep(store.server.ask("POST", "/v1/customer-tokens", said).json())
                for other in BLOCKS:
                    if other.language == language and other.file is not None:
                        store.write(other)
            check(store, block, shown)


def test_every_request_of_the_http_file_is_answered_as_its_title_says(store: Store) -> None:
    requests = requests_of(HTTP_FILE)
    assert len(requests) > 15
    for request in requests:
        answer = request.sent(store.server)
        assert (request.title, answer.status) == (request.title, request.status)


def asked(program: str) -> list[str]:
    """A program that reads cases from its input and prints which of them are ours."""
    return {
        "php": ["php", "-r", "require 'Listino.php'; foreach (json_decode(stream_get_contents(STDIN)) as $one)"
                " echo Listino::isOurs($one[0], (array) $one[1], $one[2]) ? '1' : '0';"],
        "node": ["node", "--input-type=module", "-e",
                 "import { readFileSync } from 'node:fs'; import { isOurs } from './listino-client.mjs';"
                 "for (const [secret, headers, body] of JSON.parse(readFileSync(0)))"
                 " process.stdout.write(isOurs(secret, headers, Buffer.from(body)) ? '1' : '0');"],
        "python3": ["python3", "-c", "import json, sys; from listino_client import is_ours\n"
                    "for secret, headers, body in json.load(sys.stdin):"
                    " print(int(is_ours(secret, headers, body.encode())), end='')"],
    }[program]  # fmt: skip


@pytest.mark.parametrize("language", ["python", *(pytest.param(one, marks=pytest.mark.long) for one in ("php", "js"))])
def test_the_clients_take_our_webhooks_and_no_others(tmp_path: Path, language: str) -> None:
    program = RUNTIMES[language]
    if shutil.which(program) is None:
        pytest.skip(f"not run: there is no {program} on this machine")
    for block in BLOCKS:
        if block.language == language and block.file is not None:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    said = json.dumps([[secret, headers, body] for secret, headers, body, _ in cases()])
    done = subprocess.run(asked(program), input=said, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert [given == "1" for given in done.stdout] == [accepted for *_, accepted in cases()]

"""The clients of the guide take what is no answer of ours for none, whoever speaks: an order is then sent again."""

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.guides.test_connect_your_store import BLOCKS, RUNTIMES

PAGE = b"<html>Back soon.</html>"
# What is answered by path: status, body, and the length that is announced for it.
SAID = {
    "/page": (200, PAGE, len(PAGE)),
    "/broken": (200, b'{"life": "rec', 500),
    "/gateway": (502, PAGE, len(PAGE)),
    "/firewall": (403, PAGE, len(PAGE)),
    "/ours": (404, b'{"code": "unknown_item", "detail": "No."}', 41),
}
PROGRAMS = {
    "python": """import sys
from listino_client import Listino, Refused, Unanswered
shop = Listino(sys.argv[1], "key")
for path in sys.argv[2:]:
    try:
        print(shop.ask("POST", path, {}))
    except Unanswered:
        print("none")
    except Refused as refused:
        print(refused.problem["code"])
""",
    "php": """<?php
require 'Listino.php';
$shop = new Listino($argv[1], 'key');
foreach (array_slice($argv, 2) as $path) {
    try {
        echo json_encode($shop->ask('POST', $path, [])), "\\n";
    } catch (ListinoUnanswered) {
        echo "none\\n";
    } catch (ListinoRefused $refused) {
        echo $refused->problem['code'], "\\n";
    }
}
""",
    "js": """import { Listino, Refused, Unanswered } from "./listino-client.mjs";
const shop = new Listino(process.argv[2], "key");
for (const path of process.argv.slice(3)) {
  const said = await shop.ask("POST", path, {}).catch((error) => error);
  console.log(said instanceof Unanswered ? "none" : said instanceof Refused ? said.problem.code : said);
}
""",
}
FILES = {"python": "run.py", "php": "run.php", "js": "run.mjs"}


class Proxy(BaseHTTPRequestHandler):
    """Somebody between the store and us."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body, length = SAID[self.path]
        self.send_response(status)
        self.send_header("Retry-After", "Mon, 23 Nov 2026 12:00:00 GMT")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("language", ["python", *(pytest.param(one, marks=pytest.mark.long) for one in ("php", "js"))])
def test_what_is_no_answer_of_ours_is_taken_for_none(tmp_path: Path, address: str, language: str) -> None:
    program = RUNTIMES[language]
    if shutil.which(program) is None:
        pytest.skip(f"not run: there is no {program} on this machine")
    for block in BLOCKS:
        if block.language == language and block.file is not None:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    (tmp_path / FILES[language]).write_text(PROGRAMS[language], encoding="utf-8")
    command = [program, FILES[language], address, *SAID]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["none", "none", "none", "none", "unknown_item"]

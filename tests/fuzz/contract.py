"""Runs schemathesis over the real document against a real server that holds the book of the document's examples."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from listino.core.facts import KINDS
from listino.db.migrate import migrated
from listino.web.openapi.document import document
from listino.web.openapi.examples import FILE
from tests.server import Server, new_key, serving

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# Every kind of facts is answered by the same code: a short run asks about these, a long one about all.
SHORT_KINDS = ("items",)
# The operations of the examples that end what others made.
ENDS = ("end", "delete")


@contextmanager
def book_served(folder: Path) -> Iterator[Server]:
    """A server with a small company: the records, orders and webhooks of the document's examples."""
    url = f"sqlite:///{folder / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    with serving(url, new_key(url), options=("--no-worker",)) as server:
        _tell(server)
        yield server


def _tell(server: Server) -> None:
    doors = {
        operation["operationId"]: (path, method.upper())
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    for example in json.loads(FILE.read_text(encoding="utf-8")):
        name = example["operation"]
        path, method = doors[name]
        if method == "GET" or name.startswith(ENDS):
            continue
        for field, value in example.get("path", {}).items():
            path = path.replace(f"{{{field}}}", quote(value, safe=""))
        query = urlencode({**example.get("query", {}), **({"confirm": "true"} if name.startswith("put") else {})})
        server.ask(method, f"{path}?{query}", example.get("body"), **example.get("headers", {}))


def ran(
    server: Server, folder: Path, *options: str, every_kind: bool, document: str | None = None, shown: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """A run against a server to its end, by its own document and its key unless others are named."""
    left_out = [] if every_kind else [kind for kind in KINDS if kind not in SHORT_KINDS]
    address = f"http://127.0.0.1:{server.port}"
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--no-color", "--config-file",
        str(HERE / "schemathesis.toml"), "run", document or f"{address}/openapi.json", "--url", address,
        "--header", f"Authorization: Bearer {shown or server.key}", *options,
    ]  # fmt: skip
    if left_out:
        command += ["--exclude-path-regex", rf"^/v1/({'|'.join(left_out)})(/\{{code\}})?$"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )

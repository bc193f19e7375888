"""A developer listens: events of a real server come to a server of one's own, signed, and are printed."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standardwebhooks import Webhook

from tests.connectors.raw_server import request_of, serving
from tests.server import COMMAND, new_key
from tests.server import serving as listino_serving
from tests.shop import an_order, opened

WAIT_S = 60.0


@contextmanager
def listening(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    command = [COMMAND, "listen", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)


def next_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def test_events_are_forwarded_as_webhooks_and_printed_with_the_answer(tmp_path: Path) -> None:
    got: list[bytes] = []

    def script(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 418 I am a teapot\r\nContent-Length: 0\r\n\r\n")

    with opened(tmp_path):
        pass
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with serving(script) as port, listino_serving(url, new_key(url)) as server:
        hook = f"http://127.0.0.1:{port}/hook"
        address = f"http://127.0.0.1:{server.port}"
        options = ("--url", address, "--key", server.key, "--forward", hook, "--events", "order.accepted")
        with listening(*options) as listener:
            first = next_line(listener)
            assert first.startswith("Listening for order.accepted. Events are signed with whsec_")
            server.ask("POST", "/v1/orders", an_order())
            told = next_line(listener)
            assert ("  order.accepted  {" in told, '"number":"1001"' in told) == (True, True)
            assert next_line(listener) == f"    {hook}: 418"
        command = [COMMAND, "listen", "--url", address, "--key", new_key(url, "prices:read")]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert (refused.returncode, "webhooks:manage" in refused.stderr) == (1, True)
    head, _, body = got[0].partition(b"\r\n\r\n")
    headers = {name.lower(): value for name, value in
               (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])}  # fmt: skip
    assert Webhook(first.split()[-1]).verify(body, headers)["data"]["number"] == "1001"

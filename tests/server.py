"""A real server of our own, started as a user starts it, on a free port of the loopback."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

COMMAND = str(Path(sys.executable).parent / "listino")
START_TIMEOUT_S = 60.0


def listino(*arguments: str, timeout_s: float = 120.0, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=os.environ | environment,
        check=False,
    )


class ServerEnded(AssertionError):
    """A server ended before it answered."""


@dataclass
class Answer:
    """What a server answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as plain values."""
        return msgspec.json.decode(self.body)


@dataclass
class Server:
    """A server under way, and a key that may do all."""

    process: "subprocess.Popen[bytes]"
    port: int
    key: str

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self,
        method: str,
        path: str,
        said: Any = None,
        connection: http.client.HTTPConnection | None = None,
        **headers: str,
    ) -> Answer:
        """One request, on a connection of its own unless one is given."""
        own = connection or self.connect()
        body = None if said is None else msgspec.json.encode(said)
        own.request(method, path, body, {"Authorization": f"Bearer {self.key}"} | headers)
        response = own.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, response.read(), told)
        if connection is None:
            own.close()
        return answer

    def kill(self) -> None:
        """SIGKILL the server and every one of its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_key(url: str, *scopes: str) -> str:
    """A key of a database, as the command line makes it."""
    made = listino("keys", "create", "--name", "shop", "--scopes", ",".join(scopes or ("all",)), "--database", url)
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[-1]


@contextmanager
def serving(
    url: str,
    key: str,
    workers: int = 1,
    *,
    port: int | None = None,
    before: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
    **environment: str,
) -> Iterator[Server]:
    """A server on a database; `before` is a command that starts it, with limits of its own."""
    port = port or free_port()
    command = [*before, COMMAND, "serve", "--port", str(port), "--workers", str(workers), "--database", url, *options]
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True, stdout=subprocess.DEVNULL)
    server = Server(process, port, key)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ServerEnded
        try:
            if server.ask("GET", "/readyz").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not answer in time")

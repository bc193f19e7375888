"""A real server: what one worker or command commits is seen by the very next request of every other."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.db.engine import connected
from listino.db.migrate import HEAD
from tests.server import COMMAND, Server, free_port, listino, new_key, serving
from tests.shop import opened

CONNECTIONS = 24
CHANGES = 12


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("company")
    with opened(folder):
        pass
    return f"sqlite:///{folder / 'listino.db'}"


@pytest.fixture(scope="module")
def server(url: str) -> Iterator[Server]:
    with serving(url, new_key(url), workers=2) as serving_server:
        yield serving_server


@pytest.fixture
def connections(server: Server) -> Iterator[list[http.client.HTTPConnection]]:
    """So many open connections that every worker has some of them."""
    deadline = time.monotonic() + 30
    while True:
        opened_ones = [server.connect() for _ in range(CONNECTIONS)]
        try:
            for connection in opened_ones:
                server.ask("GET", "/healthz", connection=connection)
            if {worker_of(server, connection) for connection in opened_ones} == set(workers(server)):
                yield opened_ones
                return
        finally:
            for connection in opened_ones:
                connection.close()
        # The last worker does not listen yet.
        assert time.monotonic() < deadline
        time.sleep(0.1)


def workers(server: Server) -> list[int]:
    """The processes that hold the server's connections: its children."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
            and b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]  # fmt: skip


def worker_of(server: Server, connection: http.client.HTTPConnection) -> int:
    """The worker at the other end of a connection, by the socket that it has open."""
    port = connection.sock.getsockname()[1]
    ours, theirs = f"{server.port:04X}", f"{port:04X}"
    inode = next(
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{ours}") and line.split()[2].endswith(f":{theirs}")
    )
    for worker in workers(server):
        for handle in Path(f"/proc/{worker}/fd").iterdir():
            try:
                if os.readlink(handle) == f"socket:[{inode}]":
                    return worker
            except FileNotFoundError:
                continue
    raise AssertionError("no worker holds the connection")


def saw_price(server: Server, connection: http.client.HTTPConnection | None = None) -> Any:
    return server.ask("GET", "/v1/prices/saw", connection=connection).json()["net_price"]


def test_a_changed_price_is_seen_by_the_very_next_request_of_every_worker(
    server: Server, connections: list[http.client.HTTPConnection]
) -> None:
    rule = {"action": "price", "list": "base", "item": "saw"}
    for number in range(CHANGES):
        value = f"{20 + number}.50"
        writer = connections[number]
        assert server.ask("PUT", "/v1/rules/saw-base", rule | {"value": value}, writer).status == 200
        assert [saw_price(server, connection) for connection in connections] == [value] * CONNECTIONS


def test_a_change_by_a_command_is_seen_too(
    url: str, server: Server, connections: list[http.client.HTTPConnection], tmp_path: Path
) -> None:
    file = tmp_path / "rules.csv"
    file.write_text("code,action,list,item,value\nsaw-base,price,base,saw,77\n")
    assert listino("import", str(file), "--confirm", "--database", url).returncode == 0
    assert {saw_price(server, connection) for connection in connections} == {"77.00"}


def test_a_revoked_key_is_refused_by_the_very_next_request_of_every_worker(
    url: str, server: Server, connections: list[http.client.HTTPConnection]
) -> None:
    key = new_key(url, "prices:read")
    asked = [
        server.ask("GET", "/v1/prices/saw", None, connection, Authorization=f"Bearer {key}")
        for connection in connections
    ]
    assert {answer.status for answer in asked} == {200}
    assert listino("keys", "revoke", key, "--database", url).returncode == 0
    asked = [
        server.ask("GET", "/v1/prices/saw", None, connection, Authorization=f"Bearer {key}")
        for connection in connections
    ]
    assert {answer.status for answer in asked} == {401}


def test_a_person_is_erased_while_the_server_works(url: str, server: Server) -> None:
    order = {"number": "e1", "ordered_at": "2026-11-23T11:59:00Z", "currency": "EUR", "customer": "bianchi",
             "buyer": {"name": "Lia Bianchi-Erased"}, "lines": [{"item": "saw", "quantity": "1"}]}  # fmt: skip
    assert server.ask("POST", "/v1/orders", order).status == 201
    stop = threading.Event()

    def load() -> None:
        connection = server.connect()
        while not stop.is_set():
            saw_price(server, connection)
        connection.close()

    asking = threading.Thread(target=load)
    asking.start()
    try:
        done = listino("privacy", "erase", "bianchi", "--yes", "--database", url)
    finally:
        stop.set()
        asking.join()
    assert (done.returncode, done.stderr) == (0, "")
    path = Path(url.removeprefix("sqlite:///"))
    assert all(b"Bianchi-Erased" not in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    found = server.ask("GET", "/v1/orders?number=e1").json()["data"][0]
    assert (found["customer"], found.get("buyer")) == ("bianchi", None)


def test_a_backup_is_taken_while_the_server_works_and_a_restore_is_refused(
    url: str, server: Server, tmp_path: Path
) -> None:
    assert listino("backup", str(tmp_path / "copy.db"), "--database", url).returncode == 0
    refused = listino("restore", str(tmp_path / "copy.db"), "--database", url)
    assert (refused.returncode, "is in use" in refused.stderr) == (1, True)
    assert server.ask("GET", "/readyz").status == 200


def test_counters_are_those_of_all_workers(server: Server, connections: list[http.client.HTTPConnection]) -> None:
    def counted() -> int:
        text = server.ask("GET", "/metrics").body.decode()
        return int(text.partition('listino_requests_total{door="prices",status="2xx"} ')[2].split()[0])

    before = counted()
    for connection in connections:
        saw_price(server, connection)
    assert counted() - before == CONNECTIONS


def test_a_taken_port_is_told_at_once(url: str, server: Server) -> None:
    done = listino("serve", "--port", str(server.port), "--database", url, timeout_s=30)
    assert done.returncode == 1
    assert done.stderr.startswith(f"port: Cannot listen at 127.0.0.1:{server.port}: ")
    assert "Choose another with --port" in done.stderr


def test_a_stop_finishes_what_is_under_way_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        key = house.key
    own, folder = f"sqlite:///{tmp_path / 'listino.db'}", tmp_path / "temporary"
    folder.mkdir()
    with serving(own, key, workers=2, TMPDIR=str(folder)) as server:
        assert len(list(folder.glob("listino-metrics-*"))) == 1
        connection = server.connect()
        body = b'{"customer":"rossi","lines":[' + b",".join([b'{"item":"hammer"}'] * 1000) + b"]}"
        connection.putrequest("POST", "/v1/prices")
        connection.putheader("Authorization", f"Bearer {key}")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:-1])
        time.sleep(0.3)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.send(body[-1:])
        response = connection.getresponse()
        assert (response.status, response.read().count(b'"outcome":"price"')) == (200, 1000)
        connection.close()
        assert server.process.wait(15) == 0
        assert time.monotonic() - started < 10
    assert list(folder.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        key = house.key
    with serving(f"sqlite:///{tmp_path / 'listino.db'}", key) as server:
        time.sleep(0.5)
        first = workers(server)
        os.kill(first[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if server.ask("GET", "/v1/prices/saw").status == 200 and workers(server) != first:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("no worker came back")


def test_the_workers_of_a_killed_server_end_too(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        key = house.key
    with serving(f"sqlite:///{tmp_path / 'listino.db'}", key, workers=2) as server:
        left = workers(server)
        server.process.kill()
        server.process.wait()
        deadline = time.monotonic() + 20
        while any(Path(f"/proc/{worker}").exists() for worker in left) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [worker for worker in left if Path(f"/proc/{worker}").exists()] == []
        with pytest.raises(ConnectionRefusedError):
            server.ask("GET", "/healthz")


def test_a_new_database_is_made_and_an_old_one_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'a.db'}"
    port = free_port()
    command = [COMMAND, "serve", "--port", str(port), "--database", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert (
        process.stdout.readline() == f"Listino answers at http://127.0.0.1:{port} (docs at /docs). Ctrl-C stops it.\n"
    )
    process.send_signal(signal.SIGINT)
    _, remarks = process.communicate(timeout=20)
    assert (process.returncode, "base currency EUR, zone UTC" in remarks) == (0, True)
    connection = connected(tmp_path / "new" / "a.db", writing=True)
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    done = listino("serve", "--port", str(port), "--database", url, timeout_s=30)
    assert (done.returncode, done.stderr) == (1, f"The database has schema 0000, not {HEAD}: run `listino migrate`.\n")


def test_proxy_settings_reach_the_workers_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        key = house.key
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with serving(url, key, LISTINO_TRUSTED_PROXIES="127.0.0.1", LISTINO_BASE_PATH="/api") as server:
        connection = server.connect()
        connection.request("GET", "/api/openapi.json", headers={"X-Forwarded-Host": "prices.example.com"})
        seen = msgspec.json.decode(connection.getresponse().read())
        connection.close()
        assert seen["servers"][0]["url"] == "http://prices.example.com/api"
        assert server.ask("GET", "/api/v1/prices/saw").status == 200
    done = listino("serve", "--trusted-proxies", "my-proxy", "--database", url, timeout_s=30)
    assert (done.returncode, done.stderr[:17]) == (1, "trusted_proxies: ")
    done = listino("serve", "--database", url, timeout_s=30, LISTINO_HISTORY_DAYS="many")
    assert (done.returncode, done.stderr[:22]) == (1, "LISTINO_HISTORY_DAYS: ")

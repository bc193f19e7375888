"""Streams of a real server: an edit reaches them, they hold up no stop, and readers come back to the next server."""

import signal
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.server import Server, new_key, serving
from tests.shop import opened
from tests.streaming import Event, events_of

WORKERS = 2
STREAMS = 20
# So many lines are told so often to a reader that takes none of them: some megabytes.
LINES = 200
CHANGES = 25
# Far above what an idle worker needs to end, and far below what a held-up one would be given.
STOPPED_S = 30
KILLED_S = 300
ASKED = urlencode({"customer": "rossi", "channel": "web", "item": ["saw", "hammer"]}, doseq=True)


@pytest.fixture
def url(tmp_path: Path) -> str:
    with opened(tmp_path):
        pass
    return f"sqlite:///{tmp_path / 'listino.db'}"


class Reader:
    """A reader of one stream of a server."""

    def __init__(self, server: Server, **headers: str) -> None:
        self._connection: HTTPConnection = server.connect()
        self._connection.request(
            "GET", f"/v1/stream?{ASKED}", headers={"Authorization": f"Bearer {server.key}"} | headers
        )
        self.response: HTTPResponse = self._connection.getresponse()
        self._events = self._read()

    def _read(self) -> Iterator[Event]:
        block = b""
        while line := self.response.readline():
            block += line
            if line == b"\n":
                yield from events_of(block.decode())
                block = b""

    def next(self) -> Event | None:
        """The next event; None at the stream's end."""
        return next(self._events, None)

    def price(self) -> tuple[int, str, str]:
        """Line, net price and id of the next event."""
        event = self.next()
        assert event is not None
        assert event.id is not None
        return event.data["line"], event.data["net_price"], event.id

    def close(self) -> None:
        """Go away."""
        self.response.close()
        self._connection.close()


def set_price(server: Server, value: str) -> None:
    said: dict[str, Any] = {"action": "price", "list": "base", "item": "saw", "value": value}
    assert server.ask("PUT", "/v1/rules/saw-base?confirm=true", said).status == 200


def test_an_edit_reaches_every_stream_and_none_holds_up_a_stop(url: str) -> None:
    options = ("--workers-kill-timeout", str(KILLED_S))
    with serving(url, new_key(url), WORKERS, options=options) as server:
        readers = [Reader(server) for _ in range(STREAMS)]
        for reader in readers:
            first = reader.next()
            assert first is not None
            assert first.kind == "ready"
            assert sorted(reader.price()[:2] for _ in range(2)) == [(1, "18.00"), (2, "8.55")]
        set_price(server, "30")
        last_ids = {reader.price() for reader in readers}
        assert {told[:2] for told in last_ids} == {(1, "27.00")}
        # Ordinary requests are answered beside them, and who goes away leaves nothing behind.
        assert server.ask("GET", "/v1/prices/saw").status == 200
        readers.pop().close()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(STOPPED_S) == 0
        assert [reader.next() for reader in readers] == [None] * len(readers)
        for reader in readers:
            reader.close()
    with serving(url, server.key) as again:
        set_price(again, "40")
        _, _, last_id = last_ids.pop()
        reader = Reader(again, **{"Last-Event-ID": last_id})
        ready = reader.next()
        assert ready is not None
        assert ready.data["resumed"] is True
        # What has not changed meanwhile is not told again.
        assert reader.price()[:2] == (1, "36.00")
        set_price(again, "41")
        assert reader.price()[:2] == (1, "36.90")
        reader.close()


def test_readers_that_take_nothing_hold_up_a_stop_no_longer_than_its_bound(url: str) -> None:
    options = ("--workers-kill-timeout", "5")
    with serving(url, new_key(url), options=options) as server, socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stuck.connect(("127.0.0.1", server.port))
        asked = urlencode({"item": ["saw"] * LINES, "quantity": range(1, LINES + 1)}, doseq=True)
        head = f"GET /v1/stream?{asked} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n\r\n"
        stuck.sendall(head.encode())
        witness = Reader(server)
        for _ in range(3):
            witness.next()
        # More than a connection holds: a reader that does not read has the server wait with the rest.
        for value in range(30, 30 + CHANGES):
            set_price(server, str(value))
            assert witness.price()[0] == 1
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(STOPPED_S)
        assert witness.next() is None
        witness.close()

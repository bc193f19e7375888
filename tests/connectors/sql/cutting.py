"""A way to a PostgreSQL server that is cut when the client commits: the commit goes through, its answer is lost."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import parse_qs, urlsplit


@contextmanager
def cut_at_commit(url: str) -> Iterator[str]:
    """The URL of the same database by that way."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_serve, args=(listener, f"{folder}/.s.PGSQL.{parts.port or 5432}"), daemon=True).start()
        port = listener.getsockname()[1]
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable&gssencmode=disable"


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        Thread(target=_carry, args=(client, server, b"COMMIT"), daemon=True).start()
        Thread(target=_carry, args=(server, client, None), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket, last: bytes | None) -> None:
    """Carry bytes on; after those that hold `last` the client hears nothing more, and the server goes on."""
    try:
        while data := source.recv(65_536):
            if last is not None and last in data:
                source.shutdown(socket.SHUT_RDWR)
                target.sendall(data)
                return
            target.sendall(data)
    except OSError:
        return

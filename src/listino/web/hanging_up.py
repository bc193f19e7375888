"""Readers that take nothing: their connections are cut, as the server waits at its end for all that was sent."""

import os
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

# Where a process sees its open files, on Linux; elsewhere such a reader is left to the server's own patience.
OPEN_FILES = Path("/proc/self/fd")
# Where a request's scope holds who is at the other end of the connection, a proxy perhaps.
PEER = "listino.peer"

Peer = tuple[str, int]


def peer_of(scope: Any) -> Peer | None:
    """Who is at the other end of a request's connection, if that carries no other; Granian tells the port as text."""
    client = scope.get(PEER) if scope["http_version"].startswith("1") else None
    return (client[0], int(client[1])) if client else None


def hang_up(peers: Collection[Peer]) -> None:
    """Cut the connections of some peers, whatever still waits in them.

    No file is opened or closed for it: SQLite would lose its locks (POSIX advisory locks) with any copy of its own.
    """
    if not peers or not OPEN_FILES.is_dir():
        return
    for name in os.listdir(OPEN_FILES):
        with suppress(OSError):
            one = socket.socket(fileno=int(name))
            try:
                if one.getpeername()[:2] in peers:
                    one.shutdown(socket.SHUT_RDWR)
            finally:
                one.detach()

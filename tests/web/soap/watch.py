"""Whether anybody opens a file or calls an address that a document names: a canary of each."""

import ctypes
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# inotify(7).
IN_ACCESS, IN_OPEN = 0x1, 0x20


@dataclass(frozen=True)
class Canaries:
    """A file and an address that nobody has a reason to touch."""

    file: Path
    address: str
    _told: int
    _listener: socket.socket

    def touched(self) -> list[str]:
        """Which of them were touched since it was last asked."""
        found = []
        if select.select([self._told], [], [], 0)[0]:
            os.read(self._told, 4096)
            found.append("the file was opened")
        if select.select([self._listener], [], [], 0)[0]:
            self._listener.accept()[0].close()
            found.append("the address was called")
        return found


@contextmanager
def canaries(folder: Path) -> Iterator[Canaries]:
    """Canaries that sing: by the kernel's own notice for the file, so that no library can pass by unseen."""
    file = folder / "canary.txt"
    file.write_text("SECRET OF THE CANARY")
    libc = ctypes.CDLL(None, use_errno=True)
    told = libc.inotify_init()
    assert told >= 0, os.strerror(ctypes.get_errno())
    assert libc.inotify_add_watch(told, str(file).encode(), IN_OPEN | IN_ACCESS) >= 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            yield Canaries(file, f"http://127.0.0.1:{listener.getsockname()[1]}", told, listener)
        finally:
            os.close(told)

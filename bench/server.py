"""A server of our own over a book, and the CPU time that its processes take."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
LISTINO = str(Path(sys.executable).parent / "listino")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    address: str
    pid: int

    def cpu_s(self) -> float:
        """The CPU time of all its processes so far, their kernel time included."""
        return sum(map(_cpu_s, self.pids()))

    def pids(self) -> list[int]:
        """All its processes."""
        return [self.pid, *_children(self.pid)]


@contextmanager
def serving(url: str, workers: int = 1) -> Iterator[Server]:
    """A server over a database, from its first answer to its end."""
    port = _free_port()
    command = [LISTINO, "serve", "--database", url, "--port", str(port)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait_for(server.address + "/healthz", process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT_S)


def created_key(url: str) -> str:
    """A new API key of the database that may ask for prices."""
    command = [LISTINO, "keys", "create", "--name", "bench", "--scopes", "all"]
    output = subprocess.run([*command, "--database", url], capture_output=True, text=True, check=True).stdout
    return output.split()[-1]


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_TIMEOUT_S * 20):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once with {process.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"{address} did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

"""A load on a real server from a tool made for it, and what that costs the server."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.progress import told
from tests.server import Server, new_key, serving

INSTALL_TIMEOUT_S = 300
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def load_generator() -> str | None:
    """The path of wrk, installed when we may; None where it is not to be had."""
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        told("installing wrk")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "wrk"]):
            subprocess.run(command, stdout=sys.stderr, check=False, timeout=INSTALL_TIMEOUT_S)
        found = shutil.which("wrk")
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: requests answered, those that failed, the slowest hundredth, and the server's CPU."""

    requests: int
    failed: int
    seconds: float
    p99_ms: float
    cpu_us: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


@contextmanager
def served(url: str, workers: int = 1) -> Iterator[Server]:
    """A server on a book, started as a user starts it."""
    with serving(url, new_key(url), workers) as server:
        yield server


def loaded(server: Server, script: str, seconds: int, connections: int, **files: Path) -> Loaded:
    """Put a load on a server; `files` are what the script reads, by the end of their variable's name."""
    wrk = load_generator()
    if wrk is None:
        raise FileNotFoundError("wrk")
    environment = {"LISTINO_BENCH_KEY": server.key} | {
        f"LISTINO_BENCH_{name.upper()}": str(path) for name, path in files.items()
    }
    command = [
        wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency",
        "-s", str(Path(__file__).parent / script), f"http://127.0.0.1:{server.port}",
    ]  # fmt: skip
    before = _cpu_s(server)
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=True)
    cpu_s = _cpu_s(server) - before
    answered = re.search(r"(\d+) requests in ([\d.]+)(m?s|m)", ran.stdout)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", ran.stdout)
    if answered is None or slowest is None:
        raise ValueError(ran.stdout + ran.stderr)
    requests = int(answered[1])
    lasted_s = float(answered[2]) * {"s": 1, "ms": 0.001, "m": 60}[answered[3]]
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", ran.stdout)
    p99_ms = float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]]
    return Loaded(requests, int(wrong[1]) if wrong else 0, lasted_s, p99_ms, cpu_s / requests * 1e6)


def _cpu_s(server: Server) -> float:
    """The processor time of a server and all its workers so far: they are one process group."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == server.process.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_S

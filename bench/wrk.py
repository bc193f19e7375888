"""The load generator: `wrk`, which costs the machine far less than what it measures."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.progress import told

INSTALL_TIMEOUT_S = 180
# As many as there are cores: with more, an idle route is woken once for several requests and looks cheaper.
CONNECTIONS = 2
# Each thread of the load begins at another place of the file and goes round.
SCRIPT = """
local paths = {}
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
local at = %(first)d
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], { ["Authorization"] = "Bearer %(key)s" })
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %%d %%d %%d\\n", summary.requests, failed, latency:percentile(99)))
end
"""


# Every body of the file is handed in once.
POST_SCRIPT = """
local bodies = {}
for line in io.lines("%(paths)s") do bodies[#bodies + 1] = line end
local at = 0
request = function()
  at = at + 1
  local headers = { ["Authorization"] = "Bearer %(key)s", ["Content-Type"] = "application/json" }
  return wrk.format("POST", "/v1/orders", headers, bodies[at])
end
""" + SCRIPT[SCRIPT.index("done =") :]

# Each message of the file is sent, one after the other, and again.
SOAP_SCRIPT = """
local bodies = {}
for line in io.lines("%(paths)s") do bodies[#bodies + 1] = line end
local at = 0
request = function()
  at = at %% #bodies + 1
  local headers = { ["Authorization"] = "Bearer %(key)s", ["Content-Type"] = "text/xml; charset=utf-8" }
  return wrk.format("POST", "/soap", headers, bodies[at])
end
""" + SCRIPT[SCRIPT.index("done =") :]


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: answered requests, those that failed, and the latency that 99 of 100 keep."""

    requests: int
    failed: int
    p99_us: int


def installed() -> str | None:
    """The path of wrk, installed now where that is allowed; None where it is not to be had."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        told("installing wrk ...")
        command = ["apt-get", "install", "-y", "-q", "wrk"]
        subprocess.run(command, timeout=INSTALL_TIMEOUT_S, check=False, stdout=subprocess.DEVNULL)
    return shutil.which("wrk")


def load(address: str, paths: Path, key: str, seconds: int, first: int = 0) -> Load:
    """Ask for the paths of a file, one after the other, for some seconds."""
    return _run(address, paths, SCRIPT % {"paths": paths, "key": key, "first": first}, seconds, CONNECTIONS)


def post(address: str, bodies: Path, key: str, seconds: int, connections: int) -> Load:
    """Hand in the orders of a file, one after the other, for some seconds."""
    return _run(address, bodies, POST_SCRIPT % {"paths": bodies, "key": key}, seconds, connections)


def messages(address: str, bodies: Path, key: str, seconds: int) -> Load:
    """Send the SOAP messages of a file, one after the other, for some seconds."""
    return _run(address, bodies, SOAP_SCRIPT % {"paths": bodies, "key": key}, seconds, CONNECTIONS)


def _run(address: str, file: Path, script_text: str, seconds: int, connections: int) -> Load:
    script = file.with_suffix(".lua")
    script.write_text(script_text, encoding="utf-8")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), address]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", output)
    if found is None:
        raise AssertionError(f"wrk said nothing of its result: {output}")
    return Load(*map(int, found.groups()))

"""Traced by the kernel: after the first answer no hostile document makes the process open a file or a socket."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MARK = "from here on nothing is opened"
# The whole catalogue through the door of a house in a process of its own; what it opens for itself it opens before.
PROGRAM = f"""
import os, sys, tempfile
from pathlib import Path
from tests.asgi import Client
from tests.shop import opened
from tests.web.soap.hostile import GOOD, cases

with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as house:
    bare = Client(house.client.app)
    every = [(case, bare if case.bare else house.client) for case in cases()]
    warm = {{"content-type": "text/xml"}}
    for client in (bare, house.client):
        client.request("POST", "/soap", content=GOOD.encode(), headers=warm)
        client.request("POST", "/soap", content=b"<", headers=warm)
    os.write(1, b"{MARK}\\n")
    statuses = [client.request("POST", "/soap", content=case.body, headers=case.sent).status for case, client in every]
    os.write(1, b"{MARK}\\n")
print(len(statuses))
"""
# The C library's allocator looks at the first when a thread needs memory of its own.
OPENED = re.compile(r"\b(open|openat|openat2|socket|connect)\((?!AT_FDCWD, \"/proc/sys/vm/overcommit_memory\")")


@pytest.mark.long
def test_no_file_and_no_socket_is_opened(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("The catalogue is NOT RUN under strace: strace is not installed (make test-clients).")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=open,openat,openat2,socket,connect,write"]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [*command, sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    before, during, _ = trace.read_text().split(MARK)
    assert OPENED.search(before)
    assert [line for line in during.splitlines() if OPENED.search(line)] == []

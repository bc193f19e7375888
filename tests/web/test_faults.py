"""What fails on our side: an incident number for the caller, and a log that keeps what people said to itself."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec

from tests.shop import opened

PLANTED = "Zanzibar"
# A worker's application, asked once by somebody whose key and address nobody else is to read.
ASKED = f"""
from listino.config import application
from tests.asgi import Client

client = Client(application())
headers = {{"Authorization": "Bearer {PLANTED}"}}
answer = client.request("GET", "/v1/prices/hammer", params={{"customer": "{PLANTED}"}}, headers=headers)
order = client.request("POST", "/v1/orders", json={{"number": "{PLANTED}"}}, headers=headers)
print(answer.json()["incident"], order.json()["incident"])
"""


def test_an_incident_is_logged_as_one_line_without_what_was_sent(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        path = house.path
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE api_key RENAME TO elsewhere")
    environment = os.environ | {
        "LISTINO_DATABASE": f"sqlite:///{path}",
        "LISTINO_METRICS_FOLDER": str(tmp_path / "m"),
        "PYTHONPATH": ".",
    }
    asked = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    lines = [msgspec.json.decode(line) for line in asked.stderr.splitlines()]
    assert [line["incident"] for line in lines] == asked.stdout.split()
    assert [(line["level"], "api_key" in line["exception"]) for line in lines] == [("error", True)] * 2
    assert PLANTED not in asked.stderr

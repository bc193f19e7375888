"""The receivers that the guide shows accept what we sign, and nothing else."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from listino.core.webhooks import secret_of, signatures
from tests.house.code import ROOT

GUIDE = (ROOT / "docs" / "guides" / "webhooks.md").read_text(encoding="utf-8")
SECRET, OTHER = secret_of("5a" * 32), secret_of("a5" * 32)
BODY = '{"type":"order.placed","data":{"number":"è 1"}}'


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found.group(1)


def cases() -> list[tuple[str, dict[str, str], str, bool]]:
    """(secret, headers, body, whether it is to be accepted)."""
    now = int(time.time())

    def headers(at: int = now, name: str = "msg_1") -> dict[str, str]:
        signed = signatures([OTHER, SECRET], name, at, BODY.encode())
        return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signed}

    return [
        (SECRET, headers(), BODY, True),
        (OTHER, headers(), BODY, True),
        (secret_of("00" * 32), headers(), BODY, False),
        (SECRET, headers(), BODY.replace("placed", "parked"), False),
        (SECRET, headers() | {"webhook-id": "msg_2"}, BODY, False),
        (SECRET, headers(now - 3600), BODY, False),
        (SECRET, headers() | {"webhook-signature": "v1,AAAA v2,BBBB"}, BODY, False),
    ]


def test_the_python_receiver_accepts_ours_alone() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    assert [names["is_ours"](secret, headers, body.encode()) for secret, headers, body, _ in cases()] == [
        accepted for *_, accepted in cases()
    ]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_the_node_receiver_accepts_ours_alone(tmp_path: Path) -> None:
    (tmp_path / "receiver.mjs").write_text(block("js"), encoding="utf-8")
    asked = json.dumps([[secret, headers, body] for secret, headers, body, _ in cases()])
    script = (
        "import { isOurs } from './receiver.mjs';"
        f"const cases = {asked};"
        "console.log(JSON.stringify(cases.map(([s, h, b]) => isOurs(s, h, Buffer.from(b)))));"
    )
    (tmp_path / "run.mjs").write_text(script, encoding="utf-8")
    ended = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == [accepted for *_, accepted in cases()]

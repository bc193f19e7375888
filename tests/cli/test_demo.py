"""A newcomer starts the demo, copies its lines into a shell, and sees prices, a change and an order."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from listino.cli.tour import tour
from listino.db.codec import body_of
from listino.demo import company
from listino.demo.days import ROME
from listino.flows.records import settled
from tests.server import COMMAND, free_port, listino
from tests.shop import NOW, opened

ONE_IN = 97


class Demo:
    """The demo under way, with what it printed into a file."""

    def __init__(self, folder: Path, url: str) -> None:
        self._out = (folder / "printed").open("w+")
        self.port = free_port()
        started = time.monotonic()
        command = [COMMAND, "demo", "--port", str(self.port), "--workers", "2", "--database", url]
        self.process = subprocess.Popen(command, stdout=self._out, stderr=subprocess.DEVNULL)
        self.printed = self._wait(folder / "printed")
        self.took_s = time.monotonic() - started

    def _wait(self, path: Path) -> str:
        for _ in range(1200):
            text = path.read_text()
            if "Ctrl-C stops it" in text:
                return text
            assert self.process.poll() is None
            time.sleep(0.1)
        raise AssertionError("the demo did not answer in time")

    def lines(self) -> list[str]:
        """The curl commands, each with the lines that a backslash continues it by."""
        return re.findall(r"^curl(?:.*\\\n)*.*$", self.printed, re.MULTILINE)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self._out.close()
        return self.process.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'demo.db'}"


@pytest.fixture(scope="module")
def demo(folder: Path, url: str) -> Iterator[Demo]:
    running = Demo(folder, url)
    yield running
    if running.process.poll() is None:
        running.stop()


def answered(line: str) -> Any:
    """What a line answers in a shell of its own."""
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == ""
    return msgspec.json.decode(done.stdout)


def test_the_printed_lines_work_as_printed(demo: Demo) -> None:
    first, other, change, again, order, read_back = map(answered, demo.lines())
    assert first["outcome"] == other["outcome"] == "price"
    assert len(first["steps"]) >= 5
    assert first["net_price"] != other["net_price"]
    assert (change["value"], other["list_price"], again["list_price"]) == ("1.24", "1.31", "1.24")
    assert again["revision"] == change["revision"]
    assert (order["handover"], order["held"]) == ("placed", [])
    assert [one["id"] for one in read_back["data"]] == [order["id"]]


def test_the_printed_lines_are_one_command_each_and_tell_what_they_do(demo: Demo) -> None:
    lines = demo.lines()
    assert len(lines) == 6
    for line in lines:
        assert not re.search(r"[|;#]|\$\w|&&", re.sub(r"'[^']*'", "''", line))
    assert f"Listino answers at http://127.0.0.1:{demo.port}\n" in demo.printed
    assert re.search(r"^Demo key: listino_live_[0-9a-f]{64}$", demo.printed, re.MULTILINE)
    assert "\x1b" not in demo.printed


def test_a_second_demo_starts_at_once_on_what_is_there_and_shows_a_change_again(
    demo: Demo, folder: Path, url: str
) -> None:
    test_order = answered(demo.lines()[4])
    assert demo.stop() == 0
    again = Demo(folder, url)
    assert again.took_s < demo.took_s
    assert again.printed.count(re.findall(r"listino_live_\w+", demo.printed)[0]) == 7
    stands = answered(again.lines()[1])["list_price"]
    changed = answered(again.lines()[2])["value"]
    assert {stands, changed} == {"1.31", "1.24"}
    assert answered(again.lines()[3])["list_price"] == changed
    assert answered(again.lines()[4])["number"] != test_order["number"]
    assert again.stop() == 0


def test_a_demo_that_is_not_served_tells_how_to_serve_it(demo: Demo, url: str) -> None:
    done = listino("demo", "--no-serve", "--database", url)
    assert done.returncode == 0
    assert f"listino serve --database {url}" in done.stdout
    assert done.stdout.split()[-1] in demo.printed


def test_a_company_of_ones_own_is_not_mixed_with_the_demo(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    own = f"sqlite:///{tmp_path / 'listino.db'}"
    done = listino("demo", "--no-serve", "--database", own)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"database: {own} holds a company's data already. Name another")


def test_the_demos_facts_are_as_the_doors_would_keep_them() -> None:
    for number, fact in enumerate(company.facts(Random(company.SEED))):
        if number % ONE_IN == 0:
            assert body_of(settled(fact, ROME)) == body_of(fact)


def test_a_line_survives_what_a_shell_could_read_otherwise() -> None:
    asked = company.questions()
    for _, line in tour("http://127.0.0.1:1", "key", asked, asked.agreed_anew, NOW):
        assert line.startswith("curl -sS ")
        assert all(part.endswith("\\") for part in line.splitlines()[:-1])
        assert not line.endswith("\\")

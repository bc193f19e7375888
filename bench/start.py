"""From the start of a process to its first answer, and its memory after many different questions."""

import json
import subprocess
import sys
import time
from decimal import Decimal
from itertools import islice
from pathlib import Path

from bench.book import TEN_MILLION
from bench.questions import SEED, asked, draws
from bench.rows import Row
from listino.db.engine import Database, path_of
from listino.db.snapshot import snapshot
from listino.flows.price import price

START_S_MAX = 2.0
PRIVATE_MIB_MAX = 300.0
START = "start to first answer"
MEMORY = "private memory of a worker"
BARS = {START: f"<= {START_S_MAX:.0f} s", MEMORY: f"<= {PRIVATE_MIB_MAX:.0f} MiB"}
QUESTIONS = 200_000
# Of the draws so many come twice; they are not remembered here, for that would be memory too.
TWICE = 2_000


def rows(url: str) -> list[Row]:
    """A fresh process over the book of ten million rules: its first answer, then its memory."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "bench.start", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        first_answer_s = time.perf_counter() - started
        told = json.loads(worker.stdout.readline())
    book = f"{told['rules']:,} rules, 1,000,000 items"
    private = told["private_mib"]
    return [
        Row(
            START, f"{first_answer_s:.2f} s", book, None, BARS[START],
            first_answer_s <= START_S_MAX,
        ),
        Row(
            MEMORY, f"{private:.0f} MiB", f"{QUESTIONS:,} distinct questions, {book}", None,
            BARS[MEMORY], private <= PRIVATE_MIB_MAX,
        ),
    ]  # fmt: skip


def work(url: str) -> None:
    """What the fresh process does."""
    database = Database(url)
    price(snapshot(database), asked(7, 7, Decimal(1)))
    print("answered", flush=True)
    for draw in islice(draws(TEN_MILLION, SEED), QUESTIONS + TWICE):
        price(snapshot(database), asked(*draw))
    rules = database.read().connection.execute("SELECT sum(rules) FROM key_shape").fetchone()[0]
    print(json.dumps({"rules": rules, "private_mib": private_mib(path_of(url))}), flush=True)


def private_mib(database: Path, process: str = "self") -> float:
    """What a process alone holds; the mapped file of the database is the system's page cache."""
    kib, counted = 0, False
    for line in Path(f"/proc/{process}/smaps").read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if "-" in name.split(" ")[0]:
            counted = str(database) not in line
        elif counted and name in {"Private_Clean", "Private_Dirty"}:
            kib += int(value.split()[0])
    return kib / 1024


if __name__ == "__main__":
    work(sys.argv[1])

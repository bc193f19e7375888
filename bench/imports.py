"""A million price rows from a CSV file, against the database's own bulk insert, while orders go on."""

import json
import random
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench.book import customer_code, item_code
from bench.progress import told
from bench.rows import Row, rounded
from bench.server import LISTINO, created_key, serving
from listino.db.engine import connected, path_of
from listino.db.schema import OPEN

NAME = "import of 1,000,000 price rows (CSV)"
LATENCY = "order commits during the import"
MEMORY = "private memory of the import"
RATIO_MIN = 0.3
P99_MS_MAX, SLOWEST_MS_MAX = 100.0, 250.0
MEMORY_MIB_MAX = 150.0
ROWS = 1_000_000
ITEMS = 20_000
LISTS = ROWS // ITEMS
SEED = 20260401
PAUSE_S = 0.004
POLL_S = 0.1


def rows(url: str, folder: Path) -> list[Row]:
    """How long `listino import` takes end to end, what the orders beside it feel, and what it holds."""
    key = created_key(url)
    lists, prices = folder / "price-lists.csv", folder / "rules.csv"
    _write(lists, prices)
    with serving(url) as server:
        client = HTTPConnection("127.0.0.1", int(server.address.rpartition(":")[2]), timeout=60)
        stop, waits_ms = Event(), list[float]()
        orders = Thread(target=_order, args=(client, key, stop, waits_ms))
        orders.start()
        told("importing a million rows")
        seconds, private_mib = _imported(url, [lists, prices])
        stop.set()
        orders.join()
    told("the same rows by bulk insert")
    sorted_s = _bulk_s(path_of(url), folder / "sorted.sqlite", in_file_order=False)
    bulk_s = _bulk_s(path_of(url), folder / "bulk.sqlite", in_file_order=True)
    waits_ms.sort()
    p99, slowest = waits_ms[len(waits_ms) * 99 // 100], waits_ms[-1]
    ratio = bulk_s / seconds
    return [
        Row(
            NAME, f"{seconds:.1f} s", f"bulk insert of the same rows in the file's order: {bulk_s:.1f} s"
            f" (sorted beforehand: {sorted_s:.1f} s)", rounded(ratio), f">= {RATIO_MIN} of bulk insert",
            ratio >= RATIO_MIN,
        ),
        Row(
            LATENCY, f"p99 {p99:.0f} ms, slowest {slowest:.0f} ms of {len(waits_ms):,}", "-", None,
            f"p99 <= {P99_MS_MAX:.0f} ms, none over {SLOWEST_MS_MAX:.0f}",
            p99 <= P99_MS_MAX and slowest <= SLOWEST_MS_MAX,
        ),
        Row(
            MEMORY, f"{private_mib:.0f} MiB", "-", None, f"<= {MEMORY_MIB_MAX:.0f} MiB", private_mib <= MEMORY_MIB_MAX,
        ),
    ]  # fmt: skip


def _write(lists: Path, prices: Path) -> None:
    """A file as an ERP writes it: in no order that would help us."""
    lists.write_text(
        "code,currency,decimals\n" + "".join(f"IMP{number:02d},EUR,2\n" for number in range(LISTS)), encoding="utf-8"
    )
    chance = random.Random(SEED)
    numbers = list(range(ROWS))
    chance.shuffle(numbers)
    with prices.open("w", encoding="utf-8") as file:
        file.write("code,action,list,item,value,valid_from,label\n")
        for number in numbers:
            item, place = number % ITEMS, number // ITEMS
            value = f"{chance.randrange(100, 90_000) / 100:.2f}"
            file.write(f"IMP-{number:07d},price,IMP{place:02d},{item_code(item)},{value},2026-01-01,\n")


def _imported(url: str, files: list[Path]) -> tuple[float, float]:
    """Seconds, and the most private memory seen in MiB."""
    started = time.perf_counter()
    command = [LISTINO, "import", *map(str, files), "--database", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most_kib = 0
    while process.poll() is None:
        most_kib = max(most_kib, _anonymous_kib(process.pid))
        time.sleep(POLL_S)
    if process.returncode:
        raise AssertionError(f"the import ended with {process.returncode}")
    return time.perf_counter() - started, most_kib / 1024


def _anonymous_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")), 0)


def _order(connection: HTTPConnection, key: str, stop: Event, waits_ms: list[float]) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    number = 0
    while not stop.is_set():
        number += 1
        order = {
            "number": f"imp-{number}",
            "ordered_at": "2026-06-01T12:00:00Z",
            "currency": "EUR",
            "customer": customer_code(number % 100),
            "lines": [{"item": item_code(1 + number % 50), "quantity": "2"}],
        }
        started = time.perf_counter()
        connection.request("POST", "/v1/orders", json.dumps(order), headers)
        answer = connection.getresponse()
        body = answer.read()
        waits_ms.append((time.perf_counter() - started) * 1000)
        if answer.status != 201:
            raise AssertionError(body)
        time.sleep(PAUSE_S)
    connection.close()


def _bulk_s(source: Path, target: Path, *, in_file_order: bool) -> float:
    """The imported facts into the same tables and indexes by executemany, in one transaction."""
    found = list(_facts(source))
    if in_file_order:
        random.Random(SEED).shuffle(found)
    schema, references = _schema(source), _references(source)
    connection = connected(target, writing=True)
    for statement in schema:
        connection.execute(statement)
    connection.execute("PRAGMA wal_autocheckpoint=1000")
    numbered = {fact: place for place, (fact, *_) in enumerate(found, 1)}
    targets = [(one, numbered[fact]) for one, fact in references if fact in numbered]
    if not in_file_order:
        targets.sort()
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO fact (id, key, code, since, ended, body) VALUES (?, ?, ?, 1, ?, ?)",
        ((numbered[fact], key, code, OPEN, body) for fact, key, code, body in found),
    )
    connection.executemany(
        "INSERT INTO code_of (code, ended, fact) VALUES (?, ?, ?)",
        (("rules\x1f" + code, OPEN, numbered[fact]) for fact, _, code, _ in found),
    )
    connection.executemany("INSERT INTO reference (target, fact) VALUES (?, ?)", targets)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    seconds = time.perf_counter() - started
    connection.close()
    target.unlink()
    return seconds


def _facts(source: Path) -> Iterator[tuple[int, str, str, str]]:
    connection = connected(source, writing=False)
    yield from connection.execute("SELECT id, key, code, body FROM fact WHERE code LIKE 'IMP-%' ORDER BY key")
    connection.close()


def _references(source: Path) -> list[tuple[int, int]]:
    connection = connected(source, writing=False)
    (first,) = connection.execute("SELECT min(first_fact) FROM change_set WHERE staged = 1").fetchone()
    found: list[tuple[int, int]] = connection.execute(
        "SELECT target, fact FROM reference WHERE fact >= ?", (first,)
    ).fetchall()
    connection.close()
    return found


def _schema(source: Path) -> list[Any]:
    connection = connected(source, writing=False)
    wanted = ("fact", "fact_key", "code_of", "reference")
    sql = f"SELECT sql FROM sqlite_master WHERE name IN ({','.join('?' * len(wanted))}) ORDER BY type DESC"
    found = [statement for (statement,) in connection.execute(sql, wanted)]
    connection.close()
    return found

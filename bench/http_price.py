"""A price over HTTP, key check and explanation included, against an empty route of the same server."""

from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from bench.book import MILLION
from bench.load import Loaded, load_generator, loaded, served
from bench.progress import told
from bench.questions import distinct, drawn
from bench.rows import Row, not_run, rounded
from listino.flows.price import Asked
from tests.server import Server

WARM_RATIO_MAX = 2.5
DRAWN_RATIO_MAX = 3.0
P99_RATIO_MAX = 5.0
CONNECTIONS = 2
TURNS = 3
TURN_S = 5
WARM_QUESTIONS = 5_000
WARM_UP_DRAWS = 10_000
DRAWS = 100_000
NAMES = (
    ("price over HTTP, warm", f"<= {WARM_RATIO_MAX} x"),
    ("price over HTTP, 100,000 draws", f"<= {DRAWN_RATIO_MAX} x"),
    ("price over HTTP, p99 latency", f"<= {P99_RATIO_MAX:.0f} x"),
)


def rows(url: str, folder: Path) -> list[Row]:
    """The server's CPU time for a request, and the slowest hundredth, priced and empty in turns."""
    if load_generator() is None:
        return [not_run(name, bar, "wrk is not installed, and only root may install it") for name, bar in NAMES]
    questions = distinct(MILLION)
    draws = drawn(questions, WARM_UP_DRAWS + DRAWS)
    warm = _paths(folder / "warm", questions[:WARM_QUESTIONS])
    warming = _paths(folder / "warming", draws[:WARM_UP_DRAWS])
    drawing = _paths(folder / "drawing", draws[WARM_UP_DRAWS:])
    empty = folder / "empty"
    empty.write_text("/healthz\n" * WARM_QUESTIONS, encoding="utf-8")
    with served(url) as server:
        told("price over HTTP: warming")
        _ask(server, warm, 8)
        pairs = [(_ask(server, empty, TURN_S), _ask(server, warm, TURN_S)) for _ in range(TURNS)]
    with served(url) as server:
        _ask(server, warming, 4)
        told("price over HTTP: draws")
        before = _ask(server, empty, TURN_S)
        drawn_load = _ask(server, drawing, 4 * TURN_S)
        after = _ask(server, empty, TURN_S)
    empty_us = median(pair[0].cpu_us for pair in pairs)
    warm_us = median(pair[1].cpu_us for pair in pairs)
    bare_us = (before.cpu_us + after.cpu_us) / 2
    p99 = median(pair[1].p99_ms for pair in pairs)
    empty_p99 = median(pair[0].p99_ms for pair in pairs)
    return [
        _row(0, f"{warm_us:.0f} us CPU", f"empty route {empty_us:.0f} us CPU", warm_us / empty_us, WARM_RATIO_MAX),
        _row(
            1, f"{drawn_load.cpu_us:.0f} us CPU, {drawn_load.requests:,} asked", f"empty route {bare_us:.0f} us CPU",
            drawn_load.cpu_us / bare_us, DRAWN_RATIO_MAX,
        ),
        _row(2, f"{p99:.2f} ms", f"empty route {empty_p99:.2f} ms", p99 / empty_p99, P99_RATIO_MAX),
    ]  # fmt: skip


def _row(place: int, figure: str, compared_with: str, ratio: float, ratio_max: float) -> Row:
    name, bar = NAMES[place]
    return Row(name, f"{figure}, {CONNECTIONS} connections", compared_with, rounded(ratio), bar, ratio <= ratio_max)


def _ask(server: Server, paths: Path, seconds: int) -> Loaded:
    load = loaded(server, "load.lua", seconds, CONNECTIONS, paths=paths)
    if load.failed:
        raise AssertionError(f"{load.failed} of {load.requests} answers to {paths.name} were not 200")
    return load


def _paths(path: Path, questions: list[Asked]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for asked in questions:
            parameters = urlencode(
                {"customer": asked.customer, "quantity": str(asked.quantity), "at": "2026-06-01T12:00:00Z"}
            )
            file.write(f"/v1/prices/{asked.item}?{parameters}\n")
    return path

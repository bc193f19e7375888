"""A price over HTTP, key check and explanation included, against an empty route of the same app and server."""

from pathlib import Path
from statistics import median

from bench.book import MILLION
from bench.questions import distinct, drawn
from bench.rows import Row, not_run, rounded
from bench.server import Server, created_key, serving
from bench.wrk import CONNECTIONS, Load, installed, load
from listino.flows.price import Asked

WARM_RATIO_MAX = 2.5
DRAWN_RATIO_MAX = 3.0
P99_RATIO_MAX = 5.0
WARM_UP = 10_000
DRAWS = 100_000
WARM_QUESTIONS = 1_000
TURNS = 5
TURNS_MAX = 15
TURN_S = 4
EMPTY = "/healthz"
WARM = "price over HTTP, warm"
DRAWN = "price over HTTP, 100,000 draws"
LATENCY = "price over HTTP, p99 latency"
BARS = {
    WARM: f"<= {WARM_RATIO_MAX} x CPU", DRAWN: f"<= {DRAWN_RATIO_MAX} x CPU", LATENCY: f"<= {P99_RATIO_MAX} x",
}  # fmt: skip


def rows(url: str, folder: Path) -> list[Row]:
    """CPU per request and latency of the price route, turn by turn with those of the empty one."""
    if installed() is None:
        return [not_run(name, bar, "wrk is not installed and cannot be") for name, bar in BARS.items()]
    key = created_key(url)
    draws = drawn(distinct(MILLION), WARM_UP + DRAWS)
    files = {
        "empty": _written(folder / "empty.txt", [EMPTY]),
        "warm": _written(folder / "warm.txt", [path_of(one) for one in draws[:WARM_QUESTIONS]]),
        "first": _written(folder / "first.txt", [path_of(one) for one in draws[:WARM_UP]]),
        "drawn": _written(folder / "drawn.txt", [path_of(one) for one in draws[WARM_UP:]]),
    }
    with serving(url) as server:
        load(server.address, files["first"], key, TURN_S)
        drawn_turns = _turns(server, files["drawn"], files["empty"], key, DRAWS)
        load(server.address, files["warm"], key, TURN_S // 2)
        warm_turns = _turns(server, files["warm"], files["empty"], key)
    latencies = [(price.p99_us, empty.p99_us) for (_, price), (_, empty) in warm_turns]
    price_us, empty_us = median(price for price, _ in latencies), median(empty for _, empty in latencies)
    ratio = price_us / empty_us
    return [
        _cpu_row(WARM, warm_turns, WARM_RATIO_MAX),
        _cpu_row(DRAWN, drawn_turns, DRAWN_RATIO_MAX),
        Row(
            LATENCY, f"{price_us:.0f} us", f"an empty route: {empty_us:.0f} us", rounded(ratio), BARS[LATENCY],
            ratio <= P99_RATIO_MAX,
        ),
    ]  # fmt: skip


Turn = tuple[float, Load]


def _turns(server: Server, paths: Path, empty: Path, key: str, draws: int = 0) -> list[tuple[Turn, Turn]]:
    """CPU per request and load of both routes, in turns; the questions go on where the last turn ended.

    At least so many turns as make a median; more, until so many draws were asked.
    """
    turns: list[tuple[Turn, Turn]] = []
    asked = 0
    while len(turns) < TURNS or (asked < draws and len(turns) < TURNS_MAX):
        price = _turn(server, paths, key, asked)
        asked += price[1].requests
        turns.append((price, _turn(server, empty, key, 0)))
    return turns


def _turn(server: Server, paths: Path, key: str, first: int) -> Turn:
    before = server.cpu_s()
    done = load(server.address, paths, key, TURN_S, first)
    if done.failed or not done.requests:
        raise AssertionError(f"{done.failed} of {done.requests} requests for {paths.stem} failed")
    return (server.cpu_s() - before) / done.requests * 1e6, done


def _cpu_row(name: str, turns: list[tuple[Turn, Turn]], ratio_max: float) -> Row:
    """The CPU of a request over all turns; each turn counts by the requests that it answered."""
    price_us, empty_us = (mean_us([pair[place] for pair in turns]) for place in (0, 1))
    ratio = price_us / empty_us
    asked = sum(price.requests for (_, price), _ in turns)
    return Row(
        name, f"{price_us:.0f} us CPU, {asked:,} requests on {CONNECTIONS} connections",
        f"an empty route: {empty_us:.0f} us CPU", rounded(ratio), BARS[name], ratio <= ratio_max,
    )  # fmt: skip


def mean_us(turns: list[Turn]) -> float:
    """CPU per request over turns; each turn counts by the requests that it answered."""
    return sum(us * done.requests for us, done in turns) / sum(done.requests for _, done in turns)


def path_of(asked: Asked) -> str:
    """The path of a question."""
    return f"/v1/prices/{asked.item}?customer={asked.customer}&quantity={asked.quantity}"


def _written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

"""A price over SOAP, against the same price over REST, of the same server in turns."""

from pathlib import Path

from bench.book import MILLION
from bench.http import TURN_S, TURNS, WARM_QUESTIONS, mean_us, path_of
from bench.questions import distinct, drawn
from bench.rows import Row, not_run, rounded
from bench.server import Server, created_key, serving
from bench.wrk import CONNECTIONS, Load, installed, load, messages

RATIO_MAX = 4.0
PRICE = "SOAP price over HTTP, warm"
BAR = f"<= {RATIO_MAX} x CPU"
MESSAGE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><GetPrice xmlns="urn:listino:v1"><request>'
    "<customer>{0.customer}</customer><item>{0.item}</item><quantity>{0.quantity}</quantity>"
    "</request></GetPrice></e:Body></e:Envelope>"
)


def rows(url: str, folder: Path) -> list[Row]:
    """CPU per request of both doors, turn by turn; both answer the steps too."""
    if installed() is None:
        return [not_run(PRICE, BAR, "wrk is not installed and cannot be")]
    key = created_key(url)
    draws = drawn(distinct(MILLION), WARM_QUESTIONS)
    bodies, paths = folder / "soap.txt", folder / "rest.txt"
    _write(bodies, [MESSAGE.format(one) for one in draws])
    _write(paths, [path_of(one) for one in draws])
    with serving(url) as server:
        messages(server.address, bodies, key, TURN_S)
        load(server.address, paths, key, TURN_S)
        turns = [(_turn(server, bodies, key), _turn(server, paths, key)) for _ in range(TURNS)]
    soap_us, rest_us = (mean_us([turn[place] for turn in turns]) for place in (0, 1))
    ratio = soap_us / rest_us
    asked = sum(soap.requests for (_, soap), _ in turns)
    told = f"{soap_us:.0f} us CPU, {asked:,} requests on {CONNECTIONS} connections"
    return [Row(PRICE, told, f"over REST: {rest_us:.0f} us CPU", rounded(ratio), BAR, ratio <= RATIO_MAX)]


def _turn(server: Server, file: Path, key: str) -> tuple[float, Load]:
    before = server.cpu_s()
    done = (messages if file.stem == "soap" else load)(server.address, file, key, TURN_S)
    if done.failed or not done.requests:
        raise AssertionError(f"{done.failed} of {done.requests} requests of {file.stem} failed")
    return (server.cpu_s() - before) / done.requests * 1e6, done


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

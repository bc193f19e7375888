"""`make bench`: every road, as a table or (JSON=1) as one JSON object on stdout."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    agreement,
    baskets,
    batch,
    browser,
    cold,
    core,
    finding,
    handover,
    http,
    imports,
    live,
    orders,
    overload,
    soap,
    start,
    what_if,
)
from bench.book import MILLION, TEN_MILLION, built
from bench.progress import told
from bench.rows import Row, json_text, not_run, print_table

DISK_MIB_MIN = 8_000


def main() -> None:
    """Run every road; a bar that is missed is a row, not an error."""
    with tempfile.TemporaryDirectory(prefix="listino-bench-") as name:
        folder = Path(name)
        rows = measured("core", core.rows)
        rows += measured("basket", baskets.rows)
        million = folder / "million.sqlite"
        url = built(million, MILLION)
        rows += measured("finding", lambda: finding.rows(million, folder))
        rows += measured("cold question", lambda: cold.rows(url))
        rows += measured("batch", lambda: batch.rows(url))
        rows += measured("what-if", lambda: what_if.rows(url))
        rows += measured("agreement", lambda: agreement.rows(url))
        rows += measured("price over HTTP", lambda: http.rows(url, folder))
        rows += measured("price over SOAP", lambda: soap.rows(url, folder))
        rows += measured("live", lambda: live.rows(url))
        rows += measured("durable orders", lambda: orders.rows(url, folder))
        rows += measured("browser", lambda: browser.rows(folder / "browser"))
        rows += measured("overload", lambda: overload.rows(url))
        rows += measured("hand-over", lambda: handover.rows(folder))
        rows += measured("import", lambda: imports.rows(url, folder))
        million.unlink()
        rows += measured("start and memory", lambda: started(folder))
    if os.environ.get("JSON"):
        print(json_text(rows))
    else:
        print_table(rows)


def started(folder: Path) -> list[Row]:
    """The rows of the book of ten million rules, where the disk has room for it."""
    free_mib = shutil.disk_usage(folder).free >> 20
    if free_mib < DISK_MIB_MIN:
        why = f"{free_mib} MiB are free; the book and its building need {DISK_MIB_MIN}"
        return [not_run(name, bar, why) for name, bar in start.BARS.items()]
    return start.rows(built(folder / "ten-million.sqlite", TEN_MILLION))


def measured(road: str, work: Callable[[], list[Row]]) -> list[Row]:
    """The rows of one road; what stops it is told in a row, and the others go on."""
    told(f"-- {road}")
    try:
        return work()
    except Exception as error:
        return [Row(road, "failed", f"{type(error).__name__}: {error}", None, "-", False)]


if __name__ == "__main__":
    main()

"""A batch of a thousand items for one customer, as the batch door works it off."""

import time
from statistics import median

from bench.book import MILLION, customer_code, item_code
from bench.questions import AT, distinct
from bench.rows import Row, rounded
from bench.timing import no_collection
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, prefetched, price

LINES = 1_000
WARM_MS_MAX = 40.0
COLD_RATIO_MAX = 10.0
TURNS = 9


def rows(url: str) -> list[Row]:
    """The CPU time of a batch whose items were asked for before, and of one whose items were not."""
    database = Database(url)
    for question in distinct(MILLION, 500):
        price(snapshot(database), question)
    warm: list[float] = []
    cold: list[float] = []
    with no_collection():
        for turn in range(TURNS):
            first = 1 + turn * LINES
            customer = customer_code(turn)
            asked = [Asked(item_code(number), AT, customer) for number in range(first, first + LINES)]
            cold.append(_batch_ms(database, asked))
            warm.append(_batch_ms(database, asked))
    database.close()
    warm_ms, cold_ms = median(warm), median(cold)
    return [
        Row(
            "batch of 1,000 items, warm", f"{warm_ms:.1f} ms CPU", "-", None, f"<= {WARM_MS_MAX:.0f} ms",
            warm_ms <= WARM_MS_MAX,
        ),
        Row(
            "batch of 1,000 items, cold", f"{cold_ms:.1f} ms CPU", f"warm: {warm_ms:.1f} ms CPU",
            rounded(cold_ms / warm_ms),
            f"<= {COLD_RATIO_MAX:.0f} x warm", cold_ms <= COLD_RATIO_MAX * warm_ms,
        ),
    ]  # fmt: skip


def _batch_ms(database: Database, asked: list[Asked]) -> float:
    started = time.process_time()
    book = snapshot(database)
    prefetched(book, asked)
    for question in asked:
        price(book, question)
    return (time.process_time() - started) * 1000

"""A draft tried on a hundred thousand lines of past orders: a discount for all, so that every line is priced twice."""

import random
import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

from bench.book import MILLION, customer_code, item_code, writing
from bench.progress import told
from bench.questions import AT, SEED, draws
from bench.rows import Row
from bench.timing import no_collection
from listino.core.rules import Rule
from listino.db.book import Change
from listino.db.draft import drafted
from listino.db.engine import Database, path_of
from listino.db.past_lines import Which
from listino.flows.what_if import Total, what_if

NAME = "what-if over 100,000 order lines"
ORDERS = 20_000
LINES = 5
SECONDS_MAX = 60.0
BAR = f"<= {SECONDS_MAX:.0f} s"
DISCOUNT = Rule(code="WHAT-IF", action="percent", step="promotion", value=Decimal(2))
OF_ONE_GROUP = Rule(code="WHAT-IF-T", action="percent", step="promotion", item_group="T001", value=Decimal(40))


def rows(url: str) -> list[Row]:
    """How long it takes when the draft concerns every line, and when it concerns one item group."""
    _ordered(url)
    database = Database(url)
    try:
        everything, group = _tried_s(database, DISCOUNT, 0), _tried_s(database, OF_ONE_GROUP, 1)
    finally:
        database.close()
    return [
        Row(f"{NAME}, all touched", f"{everything:.1f} s", "-", None, BAR, everything <= SECONDS_MAX),
        Row(f"{NAME}, one item group of {100}", f"{group:.1f} s", "-", None, BAR, group <= SECONDS_MAX),
    ]


def _tried_s(database: Database, rule: Rule, untouched_min: int) -> float:
    changes = [Change("rules", rule.code, rule)]
    total = None
    with no_collection():
        started = time.perf_counter()
        for parts in what_if(database, lambda book: drafted(book, changes), Which(), AT):
            total = parts[-1]
        taken_s = time.perf_counter() - started
    if not isinstance(total, Total) or total.lines != ORDERS * LINES or total.lines_untouched < untouched_min:
        raise AssertionError(f"not every line was looked at: {total}")
    return taken_s


def _ordered(url: str) -> None:
    """Orders of five lines each, of customers and items as the questions of the other roads are drawn."""
    told("orders ...")
    chance = random.Random(SEED)
    drawn = draws(MILLION, SEED + 7)
    with writing(path_of(url)) as connection:
        for number in range(ORDERS):
            customer = customer_code(next(drawn)[0])
            order_id = f"{number:028d}"
            at = datetime(2026, 1, 1 + chance.randrange(28), tzinfo=UTC).isoformat().replace("+00:00", "Z")
            connection.execute(
                "INSERT INTO orders (id, store, number, test, channel, customer, currency, net, handover, life, "
                "ordered_at, taken_at, revision, message, answer) "
                "VALUES (?, 'bench', ?, 0, NULL, ?, 'EUR', '0', 'placed', 'received', ?, ?, 1, '{}', '{}')",
                (order_id, f"what-if-{number}", customer, at, at),
            )
            connection.executemany(
                "INSERT INTO order_line (order_id, line, item, quantity, unit) VALUES (?, ?, ?, ?, 'C62')",
                [(order_id, line, item_code(item), str(quantity))
                 for line, (_, item, quantity) in enumerate(islice(drawn, LINES), 1)],
            )  # fmt: skip

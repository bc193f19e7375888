"""The questions that the benchmarks ask: drawn by seed, some far more often than others."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from bench.book import Size, customer_code, item_code
from listino.flows.price import Asked

SEED = 20260401
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUANTITIES = tuple(map(Decimal, ("1", "2", "3", "5", "10", "12", "24", "50", "100")))
DISTINCT = 100_000


def distinct(size: Size, count: int = DISTINCT, seed: int = SEED) -> list[Asked]:
    """So many questions of which no two are the same: every twentieth is for the hot item, half by the matrix."""
    found: dict[tuple[int, int, Decimal], None] = {}
    for draw in draws(size, seed):
        found[draw] = None
        if len(found) == count:
            break
    return [asked(*draw) for draw in found]


def draws(size: Size, seed: int) -> Iterator[tuple[int, int, Decimal]]:
    """Customers, items and quantities without end; few of them come twice."""
    chance = random.Random(seed)
    while True:
        customer = chance.randrange(size.matrix_customers if chance.random() < 0.5 else size.customers)
        item = 0 if chance.random() < 0.05 else chance.randrange(size.items)
        yield customer, item, chance.choice(QUANTITIES)


def asked(customer: int, item: int, quantity: Decimal) -> Asked:
    """The question of a draw."""
    return Asked(item_code(item), AT, customer_code(customer), quantity)


def drawn(questions: list[Asked], count: int, seed: int = SEED) -> list[Asked]:
    """Questions as they come in a day: the n-th most popular is asked 1/n as often as the first (Zipf)."""
    weights = [1 / rank for rank in range(1, len(questions) + 1)]
    return random.Random(seed + 1).choices(questions, weights, k=count)

"""The questions that the benchmarks ask: drawn by seed, some far more often than others."""

import random
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
    chance = random.Random(seed)
    found: dict[tuple[int, int, Decimal], None] = {}
    while len(found) < count:
        customer = chance.randrange(size.matrix_customers if chance.random() < 0.5 else size.customers)
        item = 0 if chance.random() < 0.05 else chance.randrange(size.items)
        found[customer, item, chance.choice(QUANTITIES)] = None
    return [Asked(item_code(item), AT, customer_code(customer), quantity) for customer, item, quantity in found]


def drawn(questions: list[Asked], count: int, seed: int = SEED) -> list[Asked]:
    """Questions as they come in a day: the n-th most popular is asked 1/n as often as the first (Zipf)."""
    weights = [1 / rank for rank in range(1, len(questions) + 1)]
    return random.Random(seed + 1).choices(questions, weights, k=count)

"""A question of which nothing is in memory: neither the customer, nor the item, nor any key of theirs."""

import time
from statistics import median

from bench.book import MILLION
from bench.questions import SEED, distinct
from bench.rows import Row
from bench.timing import no_collection
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price

CPU_US_MAX = 500.0
TURNS = 9
QUESTIONS = 400
WARM_UP = 500


def rows(url: str) -> list[Row]:
    """The CPU time of questions by customers and for items that were never seen before."""
    database = Database(url)
    questions = distinct(MILLION, 12_000, SEED + 2)
    for question in questions[:WARM_UP]:
        price(snapshot(database), question)
    unseen = _unseen(questions[:WARM_UP], questions[WARM_UP:])
    turns: list[float] = []
    with no_collection():
        for start in range(0, TURNS * QUESTIONS, QUESTIONS):
            started = time.process_time_ns()
            for question in unseen[start : start + QUESTIONS]:
                price(snapshot(database), question)
            turns.append((time.process_time_ns() - started) / QUESTIONS / 1000)
    database.close()
    figure = median(turns)
    return [
        Row(
            "cold question, 1,000,000 rules", f"{figure:.0f} us CPU", "-", None, f"<= {CPU_US_MAX:.0f} us CPU",
            figure <= CPU_US_MAX,
        )
    ]  # fmt: skip


def _unseen(asked: list[Asked], questions: list[Asked]) -> list[Asked]:
    customers = {question.customer for question in asked}
    items = {question.item for question in asked}
    fresh: list[Asked] = []
    for question in questions:
        if question.customer not in customers and question.item not in items:
            customers.add(question.customer)
            items.add(question.item)
            fresh.append(question)
    if len(fresh) < TURNS * QUESTIONS:
        raise AssertionError(f"only {len(fresh)} questions are cold")
    return fresh

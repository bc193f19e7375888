"""From warm keys to candidates, and whether the size of the book matters to it."""

from collections.abc import Callable
from pathlib import Path

from bench.book import MILLION
from bench.questions import distinct, drawn
from bench.rows import Row, rounded
from bench.small import copied
from bench.timing import interleaved_us
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.price import Asked, pair_for, price

FINDING_US_MAX = 50.0
SIZE_RATIO_MAX = 1.3
QUESTIONS = 1_000


def rows(big: Path, folder: Path) -> list[Row]:
    """How long finding takes, and how that grows from a thousand rules to a million."""
    often = {(asked.customer, asked.item): asked for asked in drawn(distinct(MILLION), 20_000)}
    drawn_questions = list(often.values())[:QUESTIONS]
    small_url, shared = copied(big, folder / "thousand.sqlite", drawn_questions)
    million, thousand = Database(f"sqlite:///{big}"), Database(small_url)
    try:
        taken = interleaved_us(
            {
                "finding": _finding(snapshot(million), drawn_questions),
                "million": _answering(snapshot(million), shared),
                "thousand": _answering(snapshot(thousand), shared),
            },
            million.cache.pairs.clear,
        )
    finally:
        million.close()
        thousand.close()
    ratio = taken["million"] / taken["thousand"]
    return [
        Row(
            "finding candidates from warm keys", f"{taken['finding']:.1f} us CPU", "-", None,
            f"<= {FINDING_US_MAX:.0f} us", taken["finding"] <= FINDING_US_MAX,
        ),
        Row(
            "1,000,000 rules in the book", f"{taken['million']:.1f} us CPU to find and resolve",
            f"1,000 rules: {taken['thousand']:.1f} us, the same candidates", rounded(ratio),
            f"<= {SIZE_RATIO_MAX} x", ratio <= SIZE_RATIO_MAX,
        ),
    ]  # fmt: skip


def _finding(book: Snapshot, questions: list[Asked]) -> Callable[[], int]:
    """What is remembered of pairs was forgotten before the turn; parties, items and keys stay."""
    for question in questions:
        pair_for(book, question)

    def find() -> int:
        for question in questions:
            pair_for(book, question)
        return len(questions)

    return find


def _answering(book: Snapshot, questions: list[Asked]) -> Callable[[], int]:
    repeated = questions * max(1, QUESTIONS // len(questions))
    for question in questions:
        price(book, question)

    def answer() -> int:
        for question in repeated:
            book.database.cache.pairs.clear()
            price(book, question)
        return len(repeated)

    return answer

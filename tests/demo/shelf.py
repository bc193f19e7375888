"""A part of the demo company in a real book: all but the prices of the items that nobody asks for here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from listino.core.facts import KIND_OF, Fact, Item
from listino.core.question import NoPrice, Price
from listino.core.rules import Rule
from listino.db.book import Change, commit
from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


class Shelf:
    """Some items with all that can matter to their prices."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def price(self, item: str, customer: str | None, quantity: Decimal = Decimal(1), **asked: str) -> Price | NoPrice:
        """What the item costs the customer on the day that the company stands at."""
        return self.price_at(NOW, item, customer, quantity, **asked)

    def price_at(
        self, at: datetime, item: str, customer: str | None, quantity: Decimal, /, **asked: str
    ) -> Price | NoPrice:
        """What the item costs the customer at a moment."""
        question = Asked(
            item=item,
            at=at,
            customer=customer,
            quantity=quantity,
            unit=asked.get("unit"),
            channel=asked.get("channel"),
        )
        return price(snapshot(self.database), question).price


@contextmanager
def shelf(folder: Path, facts: Iterable[Fact], items: frozenset[str]) -> Iterator[Shelf]:
    """A book with the company's facts, but only these of its items."""
    url = f"sqlite:///{folder / 'demo.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    database = Database(url)
    kept = [fact for fact in facts if _matters(fact, items)]
    changes = [Change(KIND_OF[type(fact)], fact.code, fact) for fact in kept]
    try:
        database.write(lambda tx: commit(tx, changes, "test", "demo", NOW))
        yield Shelf(database)
    finally:
        database.close()


def _matters(fact: Fact, items: frozenset[str]) -> bool:
    if isinstance(fact, Item):
        return fact.code in items
    return not isinstance(fact, Rule) or fact.item is None or fact.item in items

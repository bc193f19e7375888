"""Somebody asks where all orders are that were ever taken."""

from listino.db.conservation import conservation
from listino.db.engine import Database


def counted(database: Database) -> dict[str, int]:
    """Orders taken, accepted, in doubt, placed, parked, dropped and cancelled; orders of test keys left out."""
    return conservation(database.read().connection)


def lost(counts: dict[str, int]) -> int:
    """How many orders were taken and are nowhere (below 0: are somewhere and were never taken): always 0."""
    return 2 * counts["taken"] - sum(counts.values())

"""What was asked for and had no price: counts that grow, bounded in number, and no revision."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from listino.db.engine import Connection

# Beyond so many, those that were asked for most rarely (and of these the longest ago) are dropped.
PAIRS_KEPT_MAX = 100_000
# Then so many more are dropped at once, so that not every write has to.
ROOM_MADE = 5_000


class PairRow(NamedTuple):
    """A customer (empty: the guest), an item and a channel (empty: none), how often asked, and the last question."""

    item: str
    customer: str
    channel: str
    times: int
    first_at: str
    last_at: str
    question: str


class Place(NamedTuple):
    """Where a row stands in the list: the most asked for first, of these the latest."""

    times: int
    last_at: str
    id: int


# Ahead of every row.
START = Place(1 << 62, "", 0)


def add(tx: Connection, rows: Iterable[PairRow]) -> None:
    """Add counts to what is there. Joins the caller's transaction."""
    tx.executemany(
        "INSERT INTO unpriced (item, customer, channel, times, first_at, last_at, question) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item, customer, channel) DO UPDATE SET "
        "times = unpriced.times + excluded.times, "
        "first_at = CASE WHEN excluded.first_at < unpriced.first_at THEN excluded.first_at ELSE unpriced.first_at END, "
        "question = CASE WHEN excluded.last_at < unpriced.last_at THEN unpriced.question ELSE excluded.question END, "
        "last_at = CASE WHEN excluded.last_at < unpriced.last_at THEN unpriced.last_at ELSE excluded.last_at END",
        rows,
    )


def drop_rarest(tx: Connection, kept_max: int = PAIRS_KEPT_MAX, room: int = ROOM_MADE) -> None:
    """Keep the table within its bound. Joins the caller's transaction."""
    (count,) = tx.execute("SELECT count(*) FROM unpriced").fetchone()
    if count > kept_max:
        tx.execute(
            "DELETE FROM unpriced WHERE id IN (SELECT id FROM unpriced ORDER BY times, last_at, id LIMIT ?)",
            (count - kept_max + room,),
        )


def page(connection: Connection, after: Place, filters: Mapping[str, str], limit: int) -> list[tuple[PairRow, Place]]:
    """Rows behind a place, the most asked for first; `filters` by item, customer or channel."""
    named = [name for name in ("item", "customer", "channel") if name in filters]
    where = "".join(f" AND {name} = ?" for name in named)
    rows = connection.execute(
        "SELECT item, customer, channel, times, first_at, last_at, question, id FROM unpriced "
        f"WHERE (times, last_at, id) < (?, ?, ?){where} ORDER BY times DESC, last_at DESC, id DESC LIMIT ?",
        (*after, *(filters[name] for name in named), limit),
    ).fetchall()
    return [(PairRow(*row[:7]), Place(row[3], row[5], row[7])) for row in rows]


def forget(tx: Connection, places: Iterable[Place]) -> None:
    """Take rows away, unless they were asked for again since. Joins the caller's transaction."""
    tx.executemany("DELETE FROM unpriced WHERE id = ? AND last_at = ?", [(place.id, place.last_at) for place in places])

"""Questions that were answered, and whether the ERP's own price is the same."""

from collections.abc import Sequence
from typing import NamedTuple

from listino.db.engine import Connection

# What was compared and is the same is kept so long for counting; no more than this waits to be compared.
KEPT_MAX = 10_000
WAITING_MAX = 1_000


class Sample(NamedTuple):
    """A question as JSON, with its id."""

    id: int
    question: str


class Mismatch(NamedTuple):
    """A question that both sides answer otherwise; ours and theirs as texts."""

    id: int
    question: str
    asked_at: str
    compared_at: str
    ours: str | None
    theirs: str | None


def keep(tx: Connection, question: str, at: str) -> None:
    """Keep a question to be compared, unless many wait. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO price_sample (question, asked_at) SELECT ?, ? "
        "WHERE (SELECT count(*) FROM price_sample WHERE differs IS NULL) < ?",
        (question, at, WAITING_MAX),
    )


def waiting(connection: Connection, limit: int) -> list[Sample]:
    """The questions that wait to be compared, the newest first: an older answer may have changed since."""
    rows = connection.execute(
        "SELECT id, question FROM price_sample WHERE differs IS NULL ORDER BY id DESC LIMIT ?", (limit,)
    ).fetchall()
    return [Sample(*row) for row in rows]


def compared(tx: Connection, outcomes: Sequence[tuple[int, bool, str | None, str | None]], at: str) -> None:
    """Keep what came of comparisons (id, differs, ours, theirs); old ones go. Joins the caller's transaction."""
    tx.executemany(
        "UPDATE price_sample SET differs = ?, ours = ?, theirs = ?, compared_at = ? WHERE id = ?",
        [(1 if differs else 0, ours, theirs, at, id_) for id_, differs, ours, theirs in outcomes],
    )
    tx.execute(
        "INSERT INTO tally (name, value) VALUES ('compared', ?), ('mismatches', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = tally.value + excluded.value",
        (len(outcomes), sum(differs for _, differs, _, _ in outcomes)),
    )
    tx.execute("DELETE FROM price_sample WHERE id <= (SELECT max(id) FROM price_sample) - ?", (KEPT_MAX,))


def mismatches(connection: Connection, after: int | None, limit: int) -> list[Mismatch]:
    """What differed, the newest first, behind an id."""
    rows = connection.execute(
        "SELECT id, question, asked_at, compared_at, ours, theirs FROM price_sample "
        "WHERE differs = 1 AND id < ? ORDER BY id DESC LIMIT ?",
        (after if after is not None else 1 << 62, limit),
    ).fetchall()
    return [Mismatch(*row) for row in rows]


def counts(connection: Connection) -> tuple[int, int]:
    """How many answers were ever compared, and how many of them differed."""
    found = dict(
        connection.execute("SELECT name, value FROM tally WHERE name IN ('compared', 'mismatches')").fetchall()
    )
    return found.get("compared", 0), found.get("mismatches", 0)

"""What the ERP told last of each question that it was asked: a price for when it does not answer."""

from listino.db.engine import Connection

FORGOTTEN_PER_WRITE_MAX = 100


def remember(tx: Connection, question: str, told: str, at: str, oldest: str) -> None:
    """Keep what was told, and forget some of what is too old to be told again. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO live_price (question, told, told_at) VALUES (?, ?, ?) "
        "ON CONFLICT (question) DO UPDATE SET told = excluded.told, told_at = excluded.told_at",
        (question, told, at),
    )
    tx.execute(
        "DELETE FROM live_price WHERE question IN "
        "(SELECT question FROM live_price WHERE told_at < ? ORDER BY told_at LIMIT ?)",
        (oldest, FORGOTTEN_PER_WRITE_MAX),
    )


def known(connection: Connection, question: str, oldest: str) -> tuple[str, str] | None:
    """What was told last of a question, and when; None where that is too long ago."""
    row = connection.execute(
        "SELECT told, told_at FROM live_price WHERE question = ? AND told_at >= ?", (question, oldest)
    ).fetchone()
    return (row[0], row[1]) if row is not None else None

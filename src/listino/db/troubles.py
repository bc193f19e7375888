"""What is broken on purpose: until when, or how often yet; and how often it was."""

from listino.db.engine import Connection


def counted(tx: Connection, kind: str, until: str) -> int:
    """Count once more, and how often it was by now; forgotten from `until` on. Joins the caller's transaction."""
    row = tx.execute(
        "INSERT INTO trouble (kind, until, times) VALUES (?, ?, 1) "
        "ON CONFLICT (kind) DO UPDATE SET times = trouble.times + 1 RETURNING times",
        (kind, until),
    ).fetchone()
    return int(row[0])

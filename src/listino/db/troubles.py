"""What is broken on purpose: until when, or how often yet; and how often it was."""

from collections.abc import Iterable

from listino.db.engine import Connection


def counted(tx: Connection, kind: str, until: str) -> int:
    """Count once more, and how often it was by now; forgotten from `until` on. Joins the caller's transaction."""
    row = tx.execute(
        "INSERT INTO trouble (kind, until, times) VALUES (?, ?, 1) "
        "ON CONFLICT (kind) DO UPDATE SET times = trouble.times + 1 RETURNING times",
        (kind, until),
    ).fetchone()
    return int(row[0])


def set_until(tx: Connection, kind: str, until: str) -> None:
    """Let a trouble last until an instant. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO trouble (kind, until, times) VALUES (?, ?, NULL) "
        "ON CONFLICT (kind) DO UPDATE SET until = excluded.until",
        (kind, until),
    )


def set_times(tx: Connection, kind: str, times: int) -> None:
    """Let a trouble come so often yet. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO trouble (kind, until, times) VALUES (?, NULL, ?) "
        "ON CONFLICT (kind) DO UPDATE SET times = excluded.times",
        (kind, times),
    )


def lasts(connection: Connection, kind: str, now: str) -> bool:
    """Whether a trouble that lasts until an instant does so now."""
    row = connection.execute("SELECT 1 FROM trouble WHERE kind = ? AND until > ?", (kind, now)).fetchone()
    return row is not None


def comes(tx: Connection, kind: str) -> bool:
    """Whether a trouble that comes so often comes now; it is counted. Joins the caller's transaction."""
    changed: int = tx.execute(
        "UPDATE trouble SET times = times - 1 WHERE kind = ? AND until IS NULL AND times > 0", (kind,)
    ).rowcount
    return changed > 0


def end(tx: Connection, kinds: Iterable[str]) -> None:
    """End troubles. Joins the caller's transaction."""
    tx.executemany("DELETE FROM trouble WHERE kind = ?", [(kind,) for kind in kinds])


def forget(tx: Connection, now: str) -> None:
    """Forget what has lasted long enough. Joins the caller's transaction."""
    tx.execute("DELETE FROM trouble WHERE until < ?", (now,))

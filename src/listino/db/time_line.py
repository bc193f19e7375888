"""A database that was restored goes on as another time line, in which what was sent before is not known."""

from datetime import datetime

from listino.db.engine import Connection
from listino.db.migrate import new_epoch
from listino.db.snapshot import stamp
from listino.db.tables_work import ERP_TARGET, RECONCILE, RESTORED


def begin_anew(tx: Connection, now: datetime) -> None:
    """A new epoch; nothing is sent to the ERP before it is asked what it has. Joins the caller's transaction."""
    tx.execute("UPDATE book SET epoch = ?, access = access + 1, restored_at = ?", (new_epoch(), stamp(now)))
    tx.execute(
        "INSERT INTO target (name, failures, paused) VALUES (?, 0, ?) "
        "ON CONFLICT (name) DO UPDATE SET paused = excluded.paused",
        (ERP_TARGET, RESTORED),
    )
    tx.execute("UPDATE task SET due_at = ?, lease_until = NULL WHERE kind = ?", (stamp(now), RECONCILE))

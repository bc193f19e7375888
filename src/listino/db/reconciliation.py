"""Both sides of orders beside each other: what the ERP said that it holds, and how it differs from ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from listino.core.order_key import erp_key
from listino.core.reconciliation import Difference, Ours, Theirs
from listino.db.engine import Connection
from listino.db.snapshot import stamp
from listino.ports import ErpOrder

ORDERS_PER_PAGE = 500
# A run that began longer ago than this has died.
RUN_MAX = timedelta(days=2)
FINDINGS_SHOWN_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One order that is not the same on both sides; `ours` and `theirs` are figures for people."""

    difference: Difference
    key: str
    order_id: str | None
    ours: str | None
    theirs: str | None
    repaired: bool = False


def restored_at(connection: Connection) -> datetime | None:
    """When the database was last restored from a backup, if it was."""
    (at,) = connection.execute("SELECT restored_at FROM book").fetchone()
    return datetime.fromisoformat(at) if at is not None else None


def open_orders(connection: Connection, after: str) -> list[str]:
    """A page of the ids of orders behind one that are not yet placed, parked ones among them; tests left out."""
    rows = connection.execute(
        "SELECT id FROM orders WHERE id > ? AND test = 0 AND handover IN ('accepted', 'in_doubt', 'parked') "
        "ORDER BY id LIMIT ?",
        (after, ORDERS_PER_PAGE),
    ).fetchall()
    return [order_id for (order_id,) in rows]


def begin(tx: Connection, at: str) -> int:
    """A new comparison; what runs that are over saw in the ERP is forgotten. Joins the caller's transaction."""
    tx.execute(
        "DELETE FROM erp_order WHERE run IN (SELECT id FROM reconciliation WHERE ended_at IS NOT NULL OR began_at < ?)",
        (stamp(datetime.fromisoformat(at) - RUN_MAX),),
    )
    (run,) = tx.execute("INSERT INTO reconciliation (began_at) VALUES (?) RETURNING id", (at,)).fetchone()
    return int(run)


def note_theirs(tx: Connection, run: int, orders: Sequence[ErpOrder]) -> None:
    """Keep a page of what the ERP holds. Joins the caller's transaction."""
    tx.executemany(
        "INSERT INTO erp_order (run, key, number, gross, life) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (run, key, number) DO UPDATE SET gross = excluded.gross, life = excluded.life",
        [
            (run, one.key, one.number, None if one.gross is None else format(one.gross, "f"), one.life)
            for one in orders
        ],
    )  # fmt: skip


def side_by_side(connection: Connection, run: int, after: str) -> list[tuple[str, Ours, tuple[Theirs, ...]]]:
    """A page of our orders behind an id, each with its key and what the ERP holds under it; tests left out."""
    rows = connection.execute(
        "SELECT id, store, number, handover, gross, currency, life FROM orders "
        "WHERE id > ? AND test = 0 ORDER BY id LIMIT ?",
        (after, ORDERS_PER_PAGE),
    ).fetchall()
    keys = [erp_key(store, number) for _, store, number, *_ in rows]
    theirs = documents(connection, run, keys)
    return [
        (key, Ours(order_id, handover, Decimal(gross), currency, life), theirs.get(key, ()))
        for key, (order_id, _, _, handover, gross, currency, life) in zip(keys, rows, strict=True)
    ]


def documents(connection: Connection, run: int, keys: Sequence[str]) -> dict[str, tuple[Theirs, ...]]:
    """What the ERP was seen to hold under some keys; keys without documents are left out."""
    if not keys:
        return {}
    places = ",".join("?" * len(keys))
    found: dict[str, tuple[Theirs, ...]] = {}
    sql = f"SELECT key, number, gross, life FROM erp_order WHERE run = ? AND key IN ({places}) ORDER BY key, number"
    for key, number, gross, life in connection.execute(sql, (run, *keys)):
        one = Theirs(number, None if gross is None else Decimal(gross), life)
        found[key] = (*found.get(key, ()), one)
    return found


def match(tx: Connection, run: int, pairs: Sequence[tuple[str, str]]) -> None:
    """Note which orders of ours (key, id) the documents belong to. Joins the caller's transaction."""
    tx.executemany(
        "UPDATE erp_order SET order_id = ? WHERE run = ? AND key = ?", [(order_id, run, key) for key, order_id in pairs]
    )


def unknown(connection: Connection, run: int) -> Iterator[tuple[str, tuple[Theirs, ...]]]:
    """The documents under keys of which we hold no order."""
    behind = ""
    while True:
        rows = connection.execute(
            "SELECT DISTINCT key FROM erp_order WHERE run = ? AND order_id IS NULL AND key > ? ORDER BY key LIMIT ?",
            (run, behind, ORDERS_PER_PAGE),
        ).fetchall()
        keys = [key for (key,) in rows]
        yield from documents(connection, run, keys).items()
        if len(keys) < ORDERS_PER_PAGE:
            return
        behind = keys[-1]


def note(tx: Connection, run: int, finding: Finding, repaired_at: str | None) -> None:
    """Keep what was found. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO reconciliation_finding (run, difference, key, order_id, ours, theirs, repaired_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run, finding.difference.value, finding.key, finding.order_id, finding.ours, finding.theirs, repaired_at),
    )


def end(tx: Connection, run: int, at: str, figures: dict[str, int]) -> None:
    """A comparison is over: its figures stand, findings of earlier ones go. Joins the caller's transaction."""
    tx.execute(
        "UPDATE reconciliation SET ended_at = ?, figures = ? WHERE id = ?",
        (at, msgspec.json.encode(figures).decode(), run),
    )
    tx.execute("DELETE FROM reconciliation_finding WHERE run < ?", (run,))


@dataclass(frozen=True, slots=True)
class Run:
    """The last comparison that ended: when, its figures and what it found (the first of many)."""

    began_at: str
    ended_at: str
    figures: dict[str, int]
    findings: tuple[Finding, ...]


def last(connection: Connection) -> Run | None:
    """The last comparison that ended, or None."""
    row = connection.execute(
        "SELECT id, began_at, ended_at, figures FROM reconciliation WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    findings = connection.execute(
        "SELECT difference, key, order_id, ours, theirs, repaired_at FROM reconciliation_finding WHERE run = ? "
        "ORDER BY id LIMIT ?",
        (row[0], FINDINGS_SHOWN_MAX),
    ).fetchall()
    return Run(
        row[1], row[2], msgspec.json.decode(row[3], type=dict[str, int]),
        tuple(
            Finding(Difference(kind), key, order_id, ours, theirs, repaired is not None)
            for kind, key, order_id, ours, theirs, repaired in findings
        ),
    )  # fmt: skip

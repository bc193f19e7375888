"""The last requests of each key, in codes alone: bounded in number and in time, and no revision."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from listino.db.engine import Connection

KEPT_PER_KEY_MAX = 1_000
FORGOTTEN_PER_WRITE_MAX = 5_000
_COLUMNS = "key_id, at, method, path, status, code, duration_us, request_id, body, answer"


class RequestRow(NamedTuple):
    """One request and its answer, as far as they are kept.

    Units:   duration_us in microseconds.
    """

    key_id: str
    at: str
    method: str
    path: str
    status: int
    code: str | None
    duration_us: int
    request_id: str | None
    body: str | None
    answer: str | None


def add(tx: Connection, rows: Iterable[RequestRow]) -> None:
    """Keep requests, in the order in which they were answered. Joins the caller's transaction."""
    tx.executemany(f"INSERT INTO request ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def drop_oldest(tx: Connection, key_ids: Iterable[str], kept_max: int = KEPT_PER_KEY_MAX) -> None:
    """Keep the newest of each key alone. Joins the caller's transaction."""
    for key_id in key_ids:
        tx.execute(
            "DELETE FROM request WHERE key_id = ? AND id <= "
            "(SELECT id FROM request WHERE key_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (key_id, key_id, kept_max),
        )


def forget(tx: Connection, before: str) -> int:
    """Forget some of what is older than a moment; how many there were. Joins the caller's transaction."""
    count: int = tx.execute(
        "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at < ? ORDER BY at LIMIT ?)",
        (before, FORGOTTEN_PER_WRITE_MAX),
    ).rowcount
    return count


def page(
    connection: Connection, filters: Mapping[str, str | int], before: int, limit: int
) -> list[tuple[int, RequestRow]]:
    """Requests before an id, the newest first.

    Shapes:  filters: key (an id), path (how it begins), whole_path (without its query), status_min and status_max.
    """
    conditions = ["id < ?"]
    values: list[str | int] = [before]
    for name, condition in _CONDITIONS.items():
        if name in filters:
            conditions.append(condition)
            values += _VALUES.get(name, _once)(filters[name])
    rows = connection.execute(
        f"SELECT id, {_COLUMNS} FROM request WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?",
        (*values, limit),
    ).fetchall()
    return [(row[0], RequestRow(*row[1:])) for row in rows]


def _once(value: str | int) -> tuple[str | int, ...]:
    return (value,)


# Behind a whole path nothing stands but its query.
_VALUES: Mapping[str, Callable[[str | int], tuple[str | int, ...]]] = {
    "path": lambda path: (path, path),
    "whole_path": lambda path: (path, f"{path}?", f"{path}?"),
}
_CONDITIONS = {
    "key": "key_id = ?",
    "path": "substr(path, 1, length(?)) = ?",
    "whole_path": "(path = ? OR substr(path, 1, length(?)) = ?)",
    "status_min": "status >= ?",
    "status_max": "status <= ?",
}

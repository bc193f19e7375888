"""How far Tryton's changes were read: by its own clock, with room for what was not yet committed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from listino.connectors.erp_tryton.rpc import Rpc
from listino.connectors.erp_tryton.shape import COUNTED, MODELS, SETTINGS

# More changes than this to lists, taxes or units are told apart by no cursor: all is read again.
MARKS_MAX = 400
STAMPS = ("create_date", "write_date")


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment from which on changes may not have been seen, and those changes after it that were.

    Shapes:  seen: marks of changed records of the shape; counts: how many records those of its models have
             that are deleted in daily work.
    """

    at: datetime
    seen: frozenset[str]
    counts: tuple[int, ...]

    def text(self) -> str:
        """The mark as a cursor."""
        return json.dumps({"at": self.at.isoformat(), "seen": sorted(self.seen), "counts": self.counts})


def mark_from(text: str | None) -> Mark | None:
    """The mark that a cursor holds; None for none, and for one of another making."""
    try:
        said = json.loads(text or "")
        return Mark(datetime.fromisoformat(said["at"]), frozenset(said["seen"]), tuple(said["counts"]))
    except (ValueError, TypeError, KeyError):
        return None


def mark_now(rpc: Rpc, overlap: timedelta, since: Mark | None) -> Mark | None:
    """The mark of this moment, taken before anything is read; None where Tryton does not tell the time."""
    now = rpc.server_time()
    if now is None:
        return None
    at = now - overlap
    if since is not None:
        at = max(at, since.at)
    seen: set[str] = set()
    counts: list[int] = []
    for model, name in SETTINGS.items():
        # By what it says: as long as nobody has saved it, Tryton makes up when that was.
        seen.update(_marked(model, str(row[name])) for row in rpc.by_id(model, [1], [name]))
    for model in MODELS:
        if model in COUNTED:
            counts.append(rpc.read(f"model.{model}.search_count", []))
        if len(seen) <= MARKS_MAX:
            seen.update(_marks(rpc, model, at if since is None else min(at, since.at)))
    return Mark(at, frozenset(seen), tuple(counts))


def is_same_shape(before: Mark, now: Mark) -> bool:
    """Whether no list, category, tax or unit changed between two marks."""
    return before.counts == now.counts and now.seen <= before.seen and len(now.seen) <= MARKS_MAX


def _marks(rpc: Rpc, model: str, at: datetime) -> Iterator[str]:
    limit = [0, MARKS_MAX + 1, [["id", "ASC"]], list(STAMPS)]
    for row in rpc.read(f"model.{model}.search_read", changed_since(at), *limit, context={"active_test": False}):
        yield _marked(model, f"{row['id']} {row['write_date'] or row['create_date']}")


def _marked(model: str, said: str) -> str:
    return blake2b(f"{model} {said}".encode(), digest_size=6).hexdigest()


def changed_since(at: datetime) -> list[Any]:
    """The domain of records that were made or changed at or after a moment."""
    return ["OR", ["create_date", ">=", at], ["write_date", ">=", at]]

"""The questions that streams watch, each kept once, and how a stream and its way of telling look to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from listino.db.engine import Reading
from listino.flows.price import Asked, Snapshot
from listino.flows.watching import Found, Parts

# What is the same for all who watch a question together.
Name = tuple[object, ...]


class View(Protocol):
    """How an answer is told; those who have the same view and question share the answer.

    `browsing` says that it is told to a browser, which may not see everything.
    """

    @property
    def browsing(self) -> bool:
        """Whether it is told to a browser."""
        ...

    @property
    def test(self) -> bool:
        """Whether a test key asks, or a token that it minted."""
        ...

    def told(self, book: Snapshot, asked: Asked, found: Found, now: datetime) -> tuple[bytes, bytes]:
        """The answer as JSON, and the digest of what it says."""
        ...


class Watcher(Protocol):
    """An open stream, as the hub knows it."""

    owner: str
    lines: list["Line"]

    def wake(self) -> None:
        """One of its lines has another answer."""
        ...

    def tend(self, now: datetime, now_s: float) -> None:
        """Time has passed."""
        ...

    def may_go_on(self, reading: Reading) -> bool:
        """Whether its reader may still read."""
        ...

    def end(self) -> None:
        """End at once."""
        ...


@dataclass(slots=True, eq=False)
class Line:
    """A question that streams watch, and what was answered last.

    Shapes:  digest: of what the answer says; empty before it is known. parts: as of `Found`.
    """

    name: Name
    asked: Asked
    view: View
    data: bytes = b""
    digest: bytes = b""
    revision: int = -1
    parts: Parts | None = ()
    again_at: datetime | None = None
    counted: bool = False
    streams: set[Watcher] = field(default_factory=set)


class Answer(NamedTuple):
    """What a line is answered now."""

    line: Line
    found: Found
    data: bytes
    digest: bytes
    revision: int


def touched(lines: Iterable[Line], parts: frozenset[str] | None) -> list[Line]:
    """The lines that were read from any of some parts; many share the parts of their customer or item."""
    if parts is None:
        return list(lines)
    known: dict[int, bool] = {}
    concerned: list[Line] = []
    for line in lines:
        if line.parts is None:
            concerned.append(line)
            continue
        for some in line.parts:
            is_touched = known.get(id(some))
            if is_touched is None:
                is_touched = known[id(some)] = not parts.isdisjoint(some)
            if is_touched:
                concerned.append(line)
                break
    return concerned

"""Values by code as they are at the newest revision, and as they were a moment ago.

A list that is read page by page goes on as of the revision at which it was begun; meanwhile others commit.
"""

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

# So many revisions that touched something can be looked behind, as long as they touched no more values in all.
AGES_MAX = 200
VALUES_MAX = 20_000

Value = TypeVar("Value")


class Ages(Generic[Value]):
    """Values as of `revision`, and what they were at those before it, from `floor` on."""

    __slots__ = ("_past", "_past_size", "floor", "now", "revision")

    def __init__(self, revision: int) -> None:
        self.revision = self.floor = revision
        self.now: dict[str, Value] = {}
        # (up to which revision, what was then under codes that the one after it touched; None: nothing)
        self._past: deque[tuple[int, dict[str, Value | None]]] = deque()
        self._past_size = 0

    def advance(self, revision: int, touched: Iterable[str]) -> None:
        """Take in later revisions: what stands under the codes that they touched is not known any more."""
        before = {code: self.now.pop(code, None) for code in touched}
        if before:
            self._past.append((self.revision, before))
            self._past_size += len(before)
        while self._past and (len(self._past) > AGES_MAX or self._past_size > VALUES_MAX):
            upto, gone = self._past.popleft()
            self._past_size -= len(gone)
            self.floor = upto + 1
        self.revision = revision

    def others(self, revision: int) -> dict[str, Value | None]:
        """By code what was otherwise at a revision, `floor` or later; None where nothing was, or is known, of it."""
        found: dict[str, Value | None] = {}
        for upto, values in reversed(self._past):
            if upto < revision:
                break
            found.update(values)
        return found

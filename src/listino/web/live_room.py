"""How much of a process's streams is taken, and by whom: nobody takes so much that others are shut out."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from listino.core.errors import Fault, TooOften, Unavailable
from listino.web.watched import Line, Name, Watcher

# So many streams and different questions are open in a process at once.
STREAMS_MAX = 1_000
QUESTIONS_MAX = 20_000
BUSY_RETRY_S = 5
SHARE_RETRY_S = 30


class Share(NamedTuple):
    """How many streams somebody may have open in a process, and how many different questions in all of them."""

    streams: int
    questions: int


class Room:
    """The streams that are open and the questions that they watch, counted by owner."""

    def __init__(self, watched: Collection[Name]) -> None:
        """`watched` are the questions of all, as they come and go."""
        self._watched = watched
        self._streams: Counter[str] = Counter()
        self._questions: dict[str, Counter[Name]] = {}

    def check(self, owner: str, lines: Iterable[Line], share: Share) -> None:
        """Refuse one more stream, of such lines, where there is no room for it; say whose room it is.

        Errors:  TooOften where its owner has as much as it may; Unavailable where all have.
        """
        names = {line.name for line in lines}
        if self._streams[owner] >= share.streams:
            text = f"{share.streams} streams are open already."
            fault = Fault("stream", "too_many_streams", text, "Close one, or watch more items with each.")
            raise TooOften("too_many_streams", text, (fault,), SHARE_RETRY_S)
        own = self._questions.get(owner, Counter())
        if len(own) + len(names - own.keys()) > share.questions:
            text = f"{len(own)} different questions are watched already, and {share.questions} may be."
            fault = Fault("stream", "too_many_questions", text, "Close one, or watch fewer items and quantities.")
            raise TooOften("too_many_questions", text, (fault,), SHARE_RETRY_S)
        streams = self._streams.total()
        if streams >= STREAMS_MAX:
            raise Unavailable(f"{streams} streams are open here already.", BUSY_RETRY_S, "busy")
        if len(self._watched) + len(names.difference(self._watched)) > QUESTIONS_MAX:
            text = f"{len(self._watched)} different questions are watched here already, and {QUESTIONS_MAX} may be."
            raise Unavailable(text, BUSY_RETRY_S, "busy")

    def take(self, stream: Watcher) -> None:
        """A stream is open."""
        self._streams[stream.owner] += 1
        self._questions.setdefault(stream.owner, Counter()).update(line.name for line in stream.lines)

    def leave(self, stream: Watcher) -> None:
        """A stream has ended."""
        owner = stream.owner
        self._streams[owner] -= 1
        own = self._questions[owner]
        for line in stream.lines:
            own[line.name] -= 1
            if not own[line.name]:
                del own[line.name]
        if not self._streams[owner]:
            del self._streams[owner], self._questions[owner]

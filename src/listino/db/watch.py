"""The one thread of a process that listens to a PostgreSQL server: what was committed, and whether it is there."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import Any

from listino.core.errors import Unavailable
from listino.db.connection import Lost
from listino.db.postgres import LOST, raw_connection

# The trigger of the table `book` tells this channel of every change of the newest revision or of access.
CHANNEL = "listino_book"
RETRY_S = 0.5
# Within the time for which an answer may be outdated the server is asked so often.
ASKED_TIMES = 3
_STATE = b"SELECT revision, access, epoch, history_from FROM book"


class Watch:
    """What is known of the server now: read by every thread, written by the one that listens.

    `generation` is another object whenever somebody may have committed. No answer is older than `staleness_s` while
    the server answers: it is asked more often than that.
    """

    def __init__(self, url: str, staleness_s: float, serve_stale_s: float) -> None:
        self.generation = object()
        self.is_away = False
        self._url = url
        self._staleness_s = staleness_s
        self._serve_stale_s = serve_stale_s
        self._known_at = datetime.now(UTC)
        self._known_s = monotonic()
        self._asking_since_s: float | None = None
        self._ended = threading.Event()
        self._wakened, self._waking = os.pipe()
        self._began = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to listen, unless that has begun."""
        with self._began:
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._listen, name="listino-listen", daemon=True)
                self._thread.start()

    def committed(self) -> None:
        """This process has committed something: the next question is to look."""
        self.generation = object()

    def lost(self) -> None:
        """A connection found the server gone."""
        self.is_away = True

    @property
    def is_fresh(self) -> bool:
        """Whether what was known at the last look can be no older than it may be."""
        return monotonic() - self._known_s <= self._staleness_s

    @property
    def is_silent(self) -> bool:
        """Whether the server has been asked and does not answer."""
        since = self._asking_since_s
        return self.is_away or (since is not None and monotonic() - since > self._staleness_s)

    def stale_since(self) -> str:
        """Since when the answers may be outdated, as text.

        Errors:  Unavailable once they may not be given any more.
        """
        if monotonic() - self._known_s > self._serve_stale_s:
            raise Lost("The database cannot be reached, and prices from memory may not be given for longer.")
        return self._known_at.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
            except Exception as error:
                # Whatever it was, also a table that a migration has taken away for a moment: nobody else listens.
                self.is_away = isinstance(error, (Unavailable, *LOST))
                self._asking_since_s = None
                self._ended.wait(RETRY_S)

    def _follow(self) -> None:
        """Listen on one connection until it is lost."""
        connection = raw_connection(self._url)
        # A process with many streams has numbers of descriptors that `select` itself does not take.
        told = DefaultSelector()
        try:
            told.register(connection.fileno(), EVENT_READ)
            told.register(self._wakened, EVENT_READ)
            self._asked(connection.execute, f"LISTEN {CHANNEL}".encode())
            state: object = None
            self.is_away = False
            # What was told while nobody listened is not known.
            self.generation = object()
            while not self._ended.is_set():
                told.select(self._staleness_s / ASKED_TIMES)
                for _ in connection.notifies(timeout=0):
                    self.generation = object()
                state, before = self._asked(connection.execute, _STATE).fetchone(), state
                if state != before:
                    self.generation = object()
        finally:
            told.close()
            connection.close()

    def _asked(self, ask: Callable[[bytes], Any], statement: bytes) -> Any:
        """What the server answers; that it does is noted with the moment at which it was asked."""
        known_at, known_s = datetime.now(UTC), monotonic()
        self._asking_since_s = known_s
        answer = ask(statement)
        self._asking_since_s = None
        self._known_at, self._known_s = known_at, known_s
        return answer

    def close(self) -> None:
        """Stop to listen."""
        self._ended.set()
        os.write(self._waking, b".")
        if self._thread is not None:
            self._thread.join()
        os.close(self._waking)
        os.close(self._wakened)

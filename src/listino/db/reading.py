"""A connection for reading, and what was last seen through it."""

from listino.db.cache import Cache
from listino.db.connection import Connection


class Reading:
    """A thread's connection for reading, and which revision the database was last seen to hold.

    `stale_since` is when that was, where the database cannot be asked now; else None.
    """

    __slots__ = (
        "access", "connection", "epoch", "history_from", "revision", "shapes", "staged", "stale_since", "version",
    )  # fmt: skip

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version: object = -1
        self.revision = -1
        self.access = -1
        self.epoch = ""
        self.history_from = 0
        self.staged: dict[int, int] = {}
        self.shapes: tuple[str, ...] = ()
        self.stale_since: str | None = None

    def is_current(self) -> bool:
        """Whether nothing of what was seen is another by now."""
        row = self.connection.execute("SELECT revision, access, epoch, history_from FROM book").fetchone()
        return tuple(row) == (self.revision, self.access, self.epoch, self.history_from)

    def look(self, cache: Cache) -> None:
        """Take in what other connections committed since this one looked last."""
        connection = self.connection
        connection.execute("BEGIN")
        try:
            row = connection.execute("SELECT revision, access, epoch, history_from FROM book").fetchone()
            revision, self.access, self.epoch, self.history_from = row
            if revision != self.revision:
                self.staged = _staged(connection)
                self.shapes = _shapes(connection)
                cache.advance(connection, revision, self.epoch)
                self.revision = revision
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")

    def learn(self, other: "Reading") -> None:
        """Know what another has seen."""
        self.revision, self.access, self.epoch = other.revision, other.access, other.epoch
        self.history_from, self.staged, self.shapes = other.history_from, other.staged, other.shapes


def _staged(connection: Connection) -> dict[int, int]:
    """The revisions of the change sets that were published from staged rows, by change set."""
    return dict(connection.execute("SELECT id, revision FROM change_set WHERE state = 'published' AND staged = 1"))


def _shapes(connection: Connection) -> tuple[str, ...]:
    return tuple(shape for (shape,) in connection.execute("SELECT shape FROM key_shape WHERE rules > 0 ORDER BY shape"))

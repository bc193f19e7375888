"""What is wrong with the rows of a side file together, or beside the book; and the way to take such a row out."""

from collections.abc import Iterator

from listino.core.keys import is_rule_key
from listino.db.book import BUILT_IN
from listino.db.refusals import RULES_PER_KEY_MAX
from listino.db.schema import OPEN
from listino.db.side import SINCE, SideFile

_BROUGHT = "SELECT 1 FROM by_name JOIN row ON row.r = by_name.r WHERE by_name.name = target.name AND row.body"
_MISSING = f"""
SELECT digest, name FROM target WHERE digest > ? AND digest <= ? AND (
    EXISTS ({_BROUGHT} IS NULL)
    OR NOT EXISTS (SELECT 1 FROM book.code_of JOIN book.fact ON fact.id = code_of.fact
                   WHERE code_of.code = target.name AND code_of.ended = {OPEN} AND {SINCE} IS NOT NULL)
       AND NOT EXISTS ({_BROUGHT} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM found WHERE found.r = row.r AND same)))
"""
_CROWDED = f"""
SELECT key FROM (SELECT key, count(*) AS rows FROM by_key WHERE key > ? AND key <= ? GROUP BY key) AS brought
WHERE rows + (SELECT count(*) FROM book.fact WHERE fact.key = brought.key AND fact.ended = {OPEN})
      > {RULES_PER_KEY_MAX}
"""


class Suspects:
    """The rows of a side file that cannot be brought in as they are, by what is wrong with them."""

    def __init__(self, side: SideFile) -> None:
        self.side = side
        self.connection = side.connection
        self._runs = side.runs

    def twice(self) -> Iterator[tuple[int, int]]:
        """Rows of a record that an earlier row states already: (r, the earlier one's origin)."""
        yield from self.connection.execute(
            "SELECT by_name.r, (SELECT row.origin FROM by_name AS one JOIN row ON row.r = one.r "
            "WHERE one.name = by_name.name ORDER BY one.r LIMIT 1) FROM by_name JOIN "
            "(SELECT name, min(r) AS first FROM by_name GROUP BY name HAVING count(*) > 1) AS many "
            "ON many.name = by_name.name AND by_name.r > many.first ORDER BY by_name.r"
        ).fetchall()

    def not_there(self) -> Iterator[int]:
        """Rows that end what the book does not hold."""
        sql = "SELECT r FROM row WHERE body IS NULL AND r NOT IN (SELECT r FROM found) ORDER BY r"
        yield from (r for (r,) in self.connection.execute(sql).fetchall())

    def outdated(self) -> Iterator[tuple[int, int]]:
        """Rows whose record is not at the revision that they were based on: (r, where it is, 0 for nowhere)."""
        yield from self.connection.execute(
            "SELECT row.r, coalesce(found.since, 0) FROM row LEFT JOIN found ON found.r = row.r "
            "WHERE based_on IS NOT NULL AND based_on <> coalesce(found.since, 0) ORDER BY row.r"
        ).fetchall()

    def note_bad(self, name: str) -> None:
        """Remember a record whose row is bad: who names it need not be told so too."""
        self.connection.execute("INSERT OR IGNORE INTO bad VALUES (?)", (name,))

    def is_bad(self, name: str) -> bool:
        """Whether a record has a bad row."""
        return self.connection.execute("SELECT 1 FROM bad WHERE name = ?", (name,)).fetchone() is not None

    def missing(self) -> Iterator[tuple[int, str]]:
        """Who is named and neither in the book nor brought along: (digest, name)."""
        for after, last in self._runs("target", "digest", -(1 << 63)):
            for digest, name in self.connection.execute(_MISSING, (after, last)).fetchall():
                if name not in BUILT_IN:
                    yield digest, name

    def naming(self, digest: int) -> Iterator[int]:
        """The rows that name somebody."""
        sql = "SELECT r FROM by_target WHERE target = ? ORDER BY r"
        yield from (r for (r,) in self.connection.execute(sql, (digest,)).fetchall())

    def too_many(self) -> Iterator[int]:
        """Rules beyond those that a key may hold, the last rows first found too many."""
        for after, last in self._runs("by_key", "key", ""):
            for (key,) in self.connection.execute(_CROWDED, (after, last)).fetchall():
                if is_rule_key(key):
                    yield from self._beyond(key)
        yield from self._beyond("")

    def _beyond(self, key: str) -> Iterator[int]:
        (room,) = self.connection.execute(
            f"SELECT {RULES_PER_KEY_MAX} - (SELECT count(*) FROM book.fact WHERE key = ? AND ended = {OPEN}) "
            "+ (SELECT count(*) FROM found WHERE key = ? AND NOT coalesce(same, 0))",
            (key, key),
        ).fetchone()
        sql = "SELECT r FROM by_key WHERE key = ? ORDER BY r LIMIT -1 OFFSET max(?, 0)"
        yield from (r for (r,) in self.connection.execute(sql, (key, room)).fetchall())

    def row(self, r: int) -> tuple[int, str, str, str | None]:
        """(origin, name, key, body) of a row."""
        sql = "SELECT origin, name, key, body FROM row WHERE r = ?"
        found: tuple[int, str, str, str | None] = self.connection.execute(sql, (r,)).fetchone()
        return found

    def _named(self, r: int) -> list[int]:
        sql = "SELECT named_1, named_2 FROM row WHERE r = ?"
        first = self.connection.execute(sql, (r,)).fetchone()
        more = self.connection.execute("SELECT target FROM more WHERE r = ?", (r,)).fetchall()
        return [digest for digest in (*first, *(one for (one,) in more)) if digest is not None]

    def drop(self, r: int) -> None:
        """Take a row out, with all that belongs to it."""
        _, name, key, _ = self.row(r)
        self.connection.execute("DELETE FROM by_name WHERE name = ? AND r = ?", (name, r))
        self.connection.execute("DELETE FROM by_key WHERE key = ? AND r = ?", (key, r))
        for digest in self._named(r):
            self.connection.execute("DELETE FROM by_target WHERE target = ? AND r = ?", (digest, r))
        for table in ("row", "found", "person", "alike"):
            self.connection.execute(f"DELETE FROM {table} WHERE r = ?", (r,))

"""What of a side file stands beside something: rules of one key, prices and what they were, codes that look alike."""

from collections.abc import Iterator

from listino.core.keys import SEPARATOR, code_key, is_rule_key
from listino.db.codec import kind_of_key
from listino.db.schema import OPEN
from listino.db.side import SINCE, SideFile

ROWS_AT_ONCE = 4_000
# A key is shared where more than one rule will stand under it.
_SHARED = f"""
SELECT one.key FROM (
    SELECT by_key.key AS key, count(*) AS brought, count(found.r) AS replaced FROM by_key
    LEFT JOIN found ON found.r = by_key.r AND found.key = by_key.key
    WHERE by_key.key > ? AND by_key.key <= ? GROUP BY by_key.key
) AS one WHERE brought > 1
    OR brought - replaced + (SELECT count(*) FROM book.fact WHERE fact.key = one.key AND fact.ended = {OPEN}) > 1
"""
_STAYING = f"""
SELECT fact.body FROM book.fact WHERE fact.key = ? AND fact.ended = {OPEN} AND {SINCE} IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM by_name LEFT JOIN found ON found.r = by_name.r
                    WHERE by_name.name = ? || fact.code AND found.same IS NOT 1)
"""
_REPLACING = """
SELECT row.body, fact.body FROM found CROSS JOIN row ON row.r = found.r CROSS JOIN book.fact ON fact.id = found.fact
WHERE found.r BETWEEN ? AND ? AND found.same IS NOT 1 AND row.shape IS NOT NULL AND row.body IS NOT NULL
"""
_ALIKE_BROUGHT = """
SELECT row.name, (
    SELECT one.name FROM alike AS other CROSS JOIN row AS one ON one.r = other.r
    WHERE other.digest = alike.digest AND other.r < alike.r AND other.r NOT IN (SELECT r FROM found) LIMIT 1
) AS near FROM alike CROSS JOIN row ON row.r = alike.r WHERE alike.r NOT IN (SELECT r FROM found) AND near IS NOT NULL
"""
_ALIKE_THERE = f"""
SELECT row.name, fact.key, fact.code FROM alike CROSS JOIN book.reference ON reference.target = alike.digest
CROSS JOIN book.fact ON fact.id = reference.fact AND fact.ended = {OPEN} CROSS JOIN row ON row.r = alike.r
WHERE alike.r NOT IN (SELECT r FROM found) AND {SINCE} IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM by_name CROSS JOIN row AS ends ON ends.r = by_name.r
    WHERE by_name.name = substr(row.name, 1, instr(row.name, char(31))) || fact.code AND ends.body IS NULL
)
"""


class Staged:
    """The rows of a side file, compared and sorted, as they stand beside each other and the book."""

    def __init__(self, side: SideFile) -> None:
        self._side = side
        self._read = side.connection.execute

    def shared(self) -> Iterator[tuple[list[str], list[str]]]:
        """The rules of each key that more than one will share: those that are brought, and those that stay (bodies)."""
        for after, last in [("", ""), *self._side.runs("by_key", "key", "")]:
            keys = self._read(_SHARED, (after, last)).fetchall() if last else [("",)]
            for (key,) in keys:
                if is_rule_key(key):
                    sql = "SELECT row.body FROM by_key CROSS JOIN row ON row.r = by_key.r WHERE by_key.key = ?"
                    brought = [body for (body,) in self._read(sql, (key,))]
                    staying = [body for (body,) in self._read(_STAYING, (key, "rules" + SEPARATOR))]
                    if len(brought) + len(staying) > 1:
                        yield brought, staying

    def replacing(self) -> Iterator[list[tuple[str, str]]]:
        """The rules that change, a few thousand a time: as they are to be, and as they were (bodies)."""
        (last,) = self._read("SELECT coalesce(max(r), 0) FROM found").fetchone()
        for start in range(1, last + 1, ROWS_AT_ONCE):
            rows: list[tuple[str, str]] = self._read(_REPLACING, (start, start + ROWS_AT_ONCE - 1)).fetchall()
            if rows:
                yield rows

    def alike(self) -> Iterator[tuple[str, str, str]]:
        """New records whose codes look like that of another, as (kind, code, the other's code); and some others."""
        for name, near in self._read(_ALIKE_BROUGHT):
            kind, _, code = name.partition(SEPARATOR)
            yield kind, code, near.partition(SEPARATOR)[2]
        for name, key, other in self._read(_ALIKE_THERE):
            kind, _, code = name.partition(SEPARATOR)
            if kind_of_key(key) == kind:
                yield kind, code, other

    def __contains__(self, code: object) -> bool:
        """Whether a row states a rule, or ends it."""
        sql = "SELECT 1 FROM by_name WHERE name = ? LIMIT 1"
        return self._read(sql, (code_key("rules", str(code)),)).fetchone() is not None

    def row(self, kind: str, code: str) -> int:
        """The row that states a record."""
        (r,) = self._read("SELECT r FROM by_name WHERE name = ? LIMIT 1", (code_key(kind, code),)).fetchone()
        return int(r)

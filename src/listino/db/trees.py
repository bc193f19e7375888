"""Trees in a side file: the rows that would stand above themselves, alone or with others, beside the book."""

from collections.abc import Iterator

from listino.core.keys import SEPARATOR
from listino.db.book import TREE_FIELDS, TREE_HEIGHT_MAX
from listino.db.engine import Connection
from listino.db.schema import OPEN
from listino.db.side import SINCE, SideFile

# The records brought that name one above them.
_BROUGHT = """
INSERT OR IGNORE INTO above SELECT row.name, ?1 || char(31) || json_extract(row.body, ?2), row.r
FROM by_name CROSS JOIN row ON row.r = by_name.r
WHERE by_name.name > ?1 || char(31) AND by_name.name < ?1 || char(32) AND instr(row.body, ?3) > 0
    AND json_extract(row.body, ?2) IS NOT NULL
"""
# Those of the book that stand above them and are not brought themselves; one level a time.
_OF_BOOK = f"""
INSERT OR IGNORE INTO above SELECT code_of.code, ?1 || char(31) || json_extract(fact.body, ?2), NULL
FROM above AS below CROSS JOIN book.code_of ON code_of.code = below.parent AND code_of.ended = {OPEN}
CROSS JOIN book.fact ON fact.id = code_of.fact
WHERE json_extract(fact.body, ?2) IS NOT NULL AND {SINCE} IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM by_name WHERE by_name.name = below.parent)
    AND NOT EXISTS (SELECT 1 FROM above AS known WHERE known.name = below.parent)
"""
# Whoever has nobody above the one above it is in no loop.
_PRUNE = "DELETE FROM above WHERE NOT EXISTS (SELECT 1 FROM above AS higher WHERE higher.name = above.parent)"


def looping(side: SideFile) -> Iterator[tuple[int, str, str]]:
    """The rows of a side file that stand above themselves: (r, the field that says so, whom it names).

    Trees that are higher are not looked at to their top.
    """
    for kind, field in TREE_FIELDS.items():
        for r, parent in _looping(side, kind, field):
            yield r, field, parent.partition(SEPARATOR)[2]


def _looping(side: SideFile, kind: str, field: str) -> list[tuple[int, str]]:
    connection = side.connection
    connection.execute("DELETE FROM above")
    path = f"$.{field}"
    if not connection.execute(_BROUGHT, (kind, path, f'"{field}":')).rowcount:
        return []
    for _ in range(TREE_HEIGHT_MAX):
        side.look_at([parent for (parent,) in connection.execute("SELECT parent FROM above").fetchall()])
        if not connection.execute(_OF_BOOK, (kind, path)).rowcount:
            break
    for _ in range(TREE_HEIGHT_MAX * 2):
        if not connection.execute(_PRUNE).rowcount:
            break
    left = connection.execute("SELECT name, brought, parent FROM above WHERE brought IS NOT NULL ORDER BY brought")
    return [(r, parent) for name, r, parent in left.fetchall() if _is_above_itself(connection, name)]


def _is_above_itself(connection: Connection, name: str) -> bool:
    above = name
    for _ in range(TREE_HEIGHT_MAX):
        row = connection.execute("SELECT parent FROM above WHERE name = ?", (above,)).fetchone()
        if row is None or row[0] == name:
            return row is not None
        above = row[0]
    return False

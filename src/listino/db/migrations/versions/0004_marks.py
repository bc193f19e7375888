"""By their marks: who has a list, what starts from one, and codes that look alike."""

from typing import Any

from alembic import op

from listino.core.keys import marks
from listino.db.codec import fact_of, kind_of_key
from listino.db.schema import STAGED
from listino.db.snapshot import digest_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 5_000
_MARKED = (
    "SELECT id, key, body FROM fact WHERE ended >= ? AND body <> '' "
    "AND (key GLOB '[a-z]*' OR instr(body, '\"formula\"') > 0 OR instr(body, '\"basis\":\"list:') > 0)"
)


def upgrade() -> None:
    """Index the marks of every open fact."""
    connection: Any = op.get_bind().connection.driver_connection
    rows = connection.cursor().execute(_MARKED, (STAGED,))
    while page := rows.fetchmany(ROWS_AT_ONCE):
        marked = [(mark, fact) for fact, key, body in page for mark in marks(fact_of(kind_of_key(key), body))]
        connection.executemany(
            "INSERT OR IGNORE INTO reference (target, fact) VALUES (?, ?)",
            [(digest_of(*mark), fact) for mark, fact in marked],
        )

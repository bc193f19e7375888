"""By their marks: who has a list, what starts from one, and codes that look alike."""

import sqlalchemy as sa
from alembic import op

from listino.core.keys import is_rule_key, marks
from listino.db.codec import fact_of, kind_of_key
from listino.db.schema import STAGED
from listino.db.snapshot import digest_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 5_000
_MARKED = sa.text(
    "SELECT id, key, body FROM fact WHERE id > :after AND ended >= :staged AND body <> '' ORDER BY id LIMIT :rows"
)
_KEEP = sa.text("INSERT INTO reference (target, fact) VALUES (:target, :fact) ON CONFLICT DO NOTHING")


def upgrade() -> None:
    """Index the marks of every open fact."""
    connection, after = op.get_bind(), 0
    while page := connection.execute(_MARKED, {"after": after, "staged": STAGED, "rows": ROWS_AT_ONCE}).fetchall():
        after = page[-1][0]
        marked = [
            {"target": digest_of(*mark), "fact": fact}
            for fact, key, body in page
            if not is_rule_key(key) or '"formula"' in body or '"basis":"list:' in body
            for mark in marks(fact_of(kind_of_key(key), body))
        ]
        if marked:
            connection.execute(_KEEP, marked)

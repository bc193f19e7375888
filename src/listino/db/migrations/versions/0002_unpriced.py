"""What was asked for and had no price."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of the worklist."""
    op.create_table(
        "unpriced",
        sa.Column("id", ID, primary_key=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
    )
    op.create_index("unpriced_pair", "unpriced", ["item", "customer", "channel"], unique=True)
    op.create_index("unpriced_times", "unpriced", ["times", "last_at", "id"])

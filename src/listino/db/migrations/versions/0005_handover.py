"""What is due, and what orders meet on their way into a management system."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, a function for each concept."""
    _tasks()


def _tasks() -> None:
    op.create_table(
        "task",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", sa.Text()),
        sa.Column("sent_at", sa.Text()),
        sa.Column("doubt_until", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("created_at", sa.Text(), nullable=False),
    )
    op.create_index("task_due", "task", ["target", "state", "due_at"])
    op.create_index("task_subject", "task", ["kind", "subject"], unique=True)
    op.create_index("task_lane", "task", ["target", "lane", "id"])
    op.create_table(
        "target",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.Text()),
        sa.Column("down_since", sa.Text()),
        sa.Column("next_call_at", sa.Text()),
        sa.Column("text", sa.Text()),
    )

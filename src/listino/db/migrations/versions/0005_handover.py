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
    _mirror()
    _reconciliation()
    _live()
    _desk()
    _webhooks()
    _alerts()


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
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.Text()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", sa.Text()),
        sa.Column("sent_at", sa.Text()),
        sa.Column("doubt_until", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("remedy", sa.Text()),
        sa.Column("cursor", sa.Text()),
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
        sa.Column("ok_at", sa.Text()),
        sa.Column("next_call_at", sa.Text()),
        sa.Column("paused", sa.Text()),
        sa.Column("text", sa.Text()),
    )


def _reconciliation() -> None:
    op.add_column("book", sa.Column("restored_at", sa.Text()))
    op.drop_index("orders_handover", "orders")
    op.create_index("orders_handover", "orders", ["handover", "test", "id"])
    op.create_table(
        "tally",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO tally (name, value) SELECT 'taken', count(*) FROM orders WHERE test = 0")
    op.create_table(
        "reconciliation",
        sa.Column("id", ID, primary_key=True),
        sa.Column("began_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text()),
        sa.Column("figures", sa.Text()),
    )
    op.create_table(
        "erp_order",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("gross", sa.Text()),
        sa.Column("life", sa.Text()),
        sa.Column("order_id", sa.Text()),
        sa.PrimaryKeyConstraint("run", "key", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("erp_order_unknown", "erp_order", ["run", "order_id", "key"])
    op.create_table(
        "reconciliation_finding",
        sa.Column("id", ID, primary_key=True),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("ours", sa.Text()),
        sa.Column("theirs", sa.Text()),
        sa.Column("repaired_at", sa.Text()),
    )
    op.create_index("reconciliation_finding_run", "reconciliation_finding", ["run", "id"])


def _desk() -> None:
    op.add_column("orders", sa.Column("first_answer", sa.Text()))
    for name in ("own_quantity", "shipped", "returned", "cancelled"):
        op.add_column("order_line", sa.Column(name, sa.Text()))
    op.create_table(
        "stock_reservation",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "line", "warehouse"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_event",
        sa.Column("id", ID, primary_key=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("follows", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("order_event_key", "order_event", ["order_id", "key"], unique=True)
    op.create_index("order_event_sequence", "order_event", ["order_id", "sequence"], unique=True)
    op.create_index("order_event_state", "order_event", ["state", "received_at"])


def _live() -> None:
    op.create_table(
        "live_price",
        sa.Column("question", sa.Text(), primary_key=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Text(), nullable=False),
    )
    op.create_index("live_price_told_at", "live_price", ["told_at"])
    op.create_table(
        "price_sample",
        sa.Column("id", ID, primary_key=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("compared_at", sa.Text()),
        sa.Column("differs", sa.Integer()),
        sa.Column("ours", sa.Text()),
        sa.Column("theirs", sa.Text()),
    )
    op.create_index("price_sample_compared", "price_sample", ["differs", "id"])


def _mirror() -> None:
    op.create_table(
        "mirror_source",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("cursor", sa.Text()),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.Text()),
        sa.Column("unfinished", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Text()),
        sa.Column("kept_at", sa.Text()),
        sa.Column("full_at", sa.Text()),
        sa.Column("failure", sa.Text()),
        sa.Column("to_confirm", sa.Text()),
        sa.Column("revision", sa.BigInteger()),
        sa.Column("records_read", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Text()),
    )
    op.create_table(
        "mirror_record",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mirror_problem",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("said", sa.Text()),
        sa.PrimaryKeyConstraint("source", "name"),
        sqlite_with_rowid=False,
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("failing_since", sa.Text()),
        sa.Column("text", sa.Text()),
    )
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("webhook_message_at", "webhook_message", ["at"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", ID, primary_key=True),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.Text()),
        sa.Column("next_at", sa.Text()),
        sa.Column("status", sa.Integer()),
        sa.Column("text", sa.Text()),
    )
    op.create_index("webhook_delivery_message", "webhook_delivery", ["webhook", "message"], unique=True)
    op.create_index("webhook_delivery_state", "webhook_delivery", ["webhook", "state"])
    op.create_table(
        "webhook_cursor",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.Text(), nullable=False),
        sa.Column("over_at", sa.Text()),
    )
    op.create_index("alert_over", "alert", ["over_at", "id"])
    op.create_table(
        "alert_letter",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )

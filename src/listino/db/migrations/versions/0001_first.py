"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# Whoever listens on a PostgreSQL server is told of each new revision and of each change of access.
_TELL = """
CREATE FUNCTION listino_tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('listino_book', ''); RETURN NULL; END $$
"""
_WHEN = "CREATE TRIGGER listino_tell AFTER UPDATE ON book FOR EACH STATEMENT EXECUTE FUNCTION listino_tell()"


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("history_from", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "change_set",
        sa.Column("id", ID, primary_key=True),
        sa.Column("revision", sa.BigInteger(), unique=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.Text()),
        sa.Column("ended", sa.Text()),
        sa.Column("staged", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Text()),
        sa.Column("first_fact", sa.BigInteger()),
        sa.Column("last_fact", sa.BigInteger()),
    )
    op.create_index("change_set_at", "change_set", ["at"])
    op.create_index("change_set_state", "change_set", ["state", "staged"])
    op.create_table(
        "fact",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("fact_key", "fact", ["key", "ended", "since"])
    op.create_table(
        "code_of",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", "ended"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference",
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", "fact"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "key_shape",
        sa.Column("shape", sa.Text(), primary_key=True),
        sa.Column("rules", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("test", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text()),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("customer", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("person_customer", "person", ["customer"])
    op.create_table(
        "erasure",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("at", sa.Text(), nullable=False),
    )
    op.create_table(
        "stock",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Text(), nullable=False),
        sa.Column("reserved", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item", "warehouse"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("used", sa.Text(), nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("test", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("customer", sa.Text()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", sa.Text(), nullable=False),
        sa.Column("tax", sa.Text()),
        sa.Column("gross", sa.Text()),
        sa.Column("handover", sa.Text(), nullable=False),
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("erp_number", sa.Text()),
        sa.Column("ordered_at", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("orders_handover", "orders", ["handover", "id"])
    op.create_index("orders_number", "orders", ["store", "number", "test"], unique=True)
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text()),
        sa.Column("net_price", sa.Text()),
        sa.Column("net", sa.Text()),
        sa.Column("tax", sa.Text()),
        sa.Column("gross", sa.Text()),
        sa.PrimaryKeyConstraint("order_id", "line"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_step",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("order_id", "step"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_key",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_TELL)
        op.execute(_WHEN)

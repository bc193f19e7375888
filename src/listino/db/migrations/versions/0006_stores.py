"""What the doors of stores need: limits of keys, origins of tokens, requests, streams of stock, troubles on purpose."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables and columns, a function for each concept."""
    _keys()
    _tokens()
    _listeners()
    _requests()
    _stock()
    _troubles()


def _keys() -> None:
    op.add_column("api_key", sa.Column("rate", sa.Integer()))
    op.add_column("api_key", sa.Column("burst", sa.Integer()))


def _tokens() -> None:
    op.create_table(
        "token_origin",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "key_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("orders_customer", "orders", ["customer", "id"])


def _listeners() -> None:
    op.add_column("webhook", sa.Column("listens_until", sa.Text()))


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("body", sa.Text()),
        sa.Column("answer", sa.Text()),
    )
    op.create_index("request_key", "request", ["key_id", "id"])
    op.create_index("request_at", "request", ["at"])


def _stock() -> None:
    op.add_column("stock", sa.Column("available_on", sa.Text()))
    op.add_column("stock", sa.Column("changed_no", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("stock_changed", "stock", ["changed_no"])


def _troubles() -> None:
    op.create_table(
        "trouble",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("until", sa.Text()),
        sa.Column("times", sa.Integer()),
    )

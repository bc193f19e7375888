"""The tables of how orders are worked: what they have of the stock, and what their stores told of them since."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from listino.db.schema import ID, METADATA

# What an order still has of a warehouse, in the item's own unit: `stock.reserved` is the sum of these. Goods that
# an offer added stand behind the order's own lines.
STOCK_RESERVATION = Table(
    "stock_reservation",
    METADATA,
    Column("order_id", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    PrimaryKeyConstraint("order_id", "line", "warehouse"),
    sqlite_with_rowid=False,
)

# What a store told of an order after it was placed, in codes and amounts; what is personal stands with the people.
# `follows` is the number of the store's event that comes before it (0: none does, null: it has no number).
ORDER_EVENT = Table(
    "order_event",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sequence", BigInteger),
    Column("follows", BigInteger),
    Column("state", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("applied_at", Text),
    Column("actor", Text, nullable=False),
    Column("text", Text),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("order_event_key", "order_id", "key", unique=True),
    Index("order_event_sequence", "order_id", "sequence", unique=True),
    Index("order_event_state", "state", "received_at"),
)

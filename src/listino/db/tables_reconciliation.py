"""The tables of reconciliation: what the ERP was last seen to hold, and how it differed."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from listino.db.schema import ID, METADATA

# What is counted as it happens: the orders that were taken, those of test keys apart.
TALLY = Table(
    "tally",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
# Each comparison of both sides: when, and its figures as JSON.
RECONCILIATION = Table(
    "reconciliation",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("began_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("figures", Text),
)
# The documents that the ERP held under our keys when a run asked it; `order_id` is ours, once found.
ERP_ORDER = Table(
    "erp_order",
    METADATA,
    Column("run", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("gross", Text),
    Column("life", Text),
    Column("order_id", Text),
    PrimaryKeyConstraint("run", "key", "number"),
    Index("erp_order_unknown", "run", "order_id", "key"),
    sqlite_with_rowid=False,
)
RECONCILIATION_FINDING = Table(
    "reconciliation_finding",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("run", BigInteger, nullable=False),
    Column("difference", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("order_id", Text),
    Column("ours", Text),
    Column("theirs", Text),
    Column("repaired_at", Text),
    Index("reconciliation_finding_run", "run", "id"),
)

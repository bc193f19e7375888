"""The tables of asking live: what the ERP told last, and how its prices differ from ours."""

from sqlalchemy import Column, Index, Integer, Table, Text

from listino.db.schema import ID, METADATA

# What the ERP told last of a question (its parts as a JSON array): the price as JSON.
LIVE_PRICE = Table(
    "live_price",
    METADATA,
    Column("question", Text, primary_key=True),
    Column("told", Text, nullable=False),
    Column("told_at", Text, nullable=False),
    Index("live_price_told_at", "told_at"),
)
# Questions that were answered and are to be compared, and what came of it: `differs` is 1 where the ERP's price is
# another, 0 where it is the same, null until it was asked.
PRICE_SAMPLE = Table(
    "price_sample",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("question", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("compared_at", Text),
    Column("differs", Integer),
    Column("ours", Text),
    Column("theirs", Text),
    Index("price_sample_compared", "differs", "id"),
)

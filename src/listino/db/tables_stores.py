"""The tables of the stores' doors: who may ask from where, what was asked, and troubles made on purpose."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from listino.db.schema import ID, METADATA

# From which origins the tokens that a key minted may ask, until the last of them ends: for the question that a
# browser asks before it shows its token.
TOKEN_ORIGIN = Table(
    "token_origin",
    METADATA,
    Column("origin", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("until", Text, nullable=False),
    PrimaryKeyConstraint("origin", "key_id"),
    sqlite_with_rowid=False,
)

# The last requests of each key, in codes alone; `body` and `answer` are scrubbed and cut off.
REQUEST = Table(
    "request",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", Text),
    Column("duration_us", BigInteger, nullable=False),
    Column("request_id", Text),
    Column("body", Text),
    Column("answer", Text),
    Index("request_key", "key_id", "id"),
    Index("request_at", "at"),
)

# How the management system of a test installation is broken on purpose: until when, or how often yet.
TROUBLE = Table(
    "trouble",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("until", Text),
    Column("times", Integer),
)

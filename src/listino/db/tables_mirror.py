"""The tables of the mirror: what came from which management system, how far it is read, what of it is not in."""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Table, Text

from listino.db.schema import METADATA

# How far a system's facts are read. Only the run with the newest number may note it; `unfinished` says that
# records were noted whose run has not come to its end: what they say is not to be trusted. `kept_at` is the moment
# as of which the book holds what the system says.
MIRROR_SOURCE = Table(
    "mirror_source",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("cursor", Text),
    Column("run", BigInteger, nullable=False),
    Column("lease_until", Text),
    Column("unfinished", Integer, nullable=False),
    Column("begun_at", Text),
    Column("kept_at", Text),
    Column("full_at", Text),
    Column("failure", Text),
    Column("to_confirm", Text),
    Column("revision", BigInteger),
    Column("records_read", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("held", Text),
)

# What came from a system: "kind U+001F code", and a digest of what it said; empty where the book refused it.
MIRROR_RECORD = Table(
    "mirror_record",
    METADATA,
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("source", "name"),
    sqlite_with_rowid=False,
)

# What of a system is not in the book, and why; `said` is what is tried again with the next run.
MIRROR_PROBLEM = Table(
    "mirror_problem",
    METADATA,
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("said", Text),
    PrimaryKeyConstraint("source", "name"),
    sqlite_with_rowid=False,
)

"""The tables of what others are told: webhooks with their messages, and alerts."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from listino.db.schema import ID, METADATA

# Who is told of what. `secrets` are needed in clear to sign with; no door shows them again, no export holds them.
WEBHOOK = Table(
    "webhook",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("description", Text),
    Column("state", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("failing_since", Text),
    Column("text", Text),
    # Of one that listens for a while, over a stream, and is called nowhere.
    Column("listens_until", Text),
)

# What happened, as it is told: codes and ids only. Its id is made of what it tells, so nothing is told twice.
WEBHOOK_MESSAGE = Table(
    "webhook_message",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("webhook_message_at", "at"),
)

# A message on its way to one webhook. `since` is when it was first to go out, or was asked for again.
WEBHOOK_DELIVERY = Table(
    "webhook_delivery",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("webhook", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Text),
    Column("next_at", Text),
    Column("status", Integer),
    Column("text", Text),
    Index("webhook_delivery_message", "webhook", "message", unique=True),
    Index("webhook_delivery_state", "webhook", "state"),
)

# Up to which revision of the book the messages about prices are written.
WEBHOOK_CURSOR = Table(
    "webhook_cursor",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

# What needs a person: one row for a cause from the moment it was told of until it was over.
ALERT = Table(
    "alert",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("raised_at", Text, nullable=False),
    Column("over_at", Text),
    Index("alert_over", "over_at", "id"),
)

# A letter about alerts that is to be sent.
ALERT_LETTER = Table(
    "alert_letter",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("at", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
)

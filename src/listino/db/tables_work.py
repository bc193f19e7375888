"""The tables of what is due: tasks, and how the systems fare that they go to."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from listino.db.schema import ID, METADATA

# The management system among the targets, and why it is paused after a restore.
ERP_TARGET = "erp"
RESTORED = "restored"
DOUBTED = "restored, every order that was not placed in doubt"
# The task that compares both sides.
RECONCILE = "reconcile"

# What is due: written in the transaction of what it follows from, and claimed by one worker at a time. `target` is
# the system that it goes to, `subject` what it is about (an order's id, ...), `lane` what must go one after the
# other (a customer's orders). Only the holder of the newest `fence` may finish it. `tries` were counted before they
# were made; `failures` came in a row, `faults` while the system took others; `cursor` is how far it came.
TASK = Table(
    "task",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("lane", Text),
    Column("state", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("failed_at", Text),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text),
    Column("lease_until", Text),
    Column("sent_at", Text),
    Column("doubt_until", Text),
    Column("reason", Text),
    Column("text", Text),
    Column("remedy", Text),
    Column("cursor", Text),
    Column("created_at", Text, nullable=False),
    Index("task_due", "target", "state", "due_at"),
    Index("task_subject", "kind", "subject", unique=True),
    Index("task_lane", "target", "lane", "id"),
)

# How a system fares that we send to: its breaker, and when its declared rate allows the next call. While it is
# `paused`, for a reason, nothing is sent to it.
TARGET = Table(
    "target",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("open_until", Text),
    Column("down_since", Text),
    Column("ok_at", Text),
    Column("next_call_at", Text),
    Column("paused", Text),
    Column("text", Text),
)

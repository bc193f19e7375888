"""The tables. Codes and decimals are text compared byte by byte; instants are UTC text."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text

METADATA = MetaData()
ID = BigInteger().with_variant(Integer, "sqlite")

# A row without end. A staged row holds STAGED plus its change set's id in place of a revision.
OPEN = 1 << 62
STAGED = 1 << 40

# One row: the newest revision, the time line it belongs to, and how often access was changed.
BOOK = Table(
    "book",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("access", BigInteger, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("country", Text),
    Column("history_from", BigInteger, nullable=False),
    # When it last began anew from a backup: what an ERP holds of orders from before is looked up before they go.
    Column("restored_at", Text),
)

# The header of every revision; `keys` names what it touched, or is null when that is too much.
CHANGE_SET = Table(
    "change_set",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("revision", BigInteger, unique=True),
    Column("state", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("changes", BigInteger, nullable=False),
    Column("keys", Text),
    Column("ended", Text),
    Column("staged", Integer, nullable=False),
    Column("lease_until", Text),
    Column("first_fact", BigInteger),
    Column("last_fact", BigInteger),
    Index("change_set_state", "state", "staged"),
    Index("change_set_at", "at"),
)

# Every version of every fact; the body is the fact as JSON.
FACT = Table(
    "fact",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("fact_key", "key", "ended", "since"),
)

# Which version stands under a code ("kind U+001F code"); the one open row is the conflict detection.
CODE_OF = Table(
    "code_of",
    METADATA,
    Column("code", Text, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("fact", BigInteger, nullable=False),
    PrimaryKeyConstraint("code", "ended"),
    sqlite_with_rowid=False,
)

# Which open facts name another: the target as a 64-bit digest of its kind and code.
REFERENCE = Table(
    "reference",
    METADATA,
    Column("target", BigInteger, nullable=False),
    Column("fact", BigInteger, nullable=False),
    PrimaryKeyConstraint("target", "fact"),
    sqlite_with_rowid=False,
)

# The shapes that rules' keys have or had, with how many open rules have them now.
KEY_SHAPE = Table(
    "key_shape",
    METADATA,
    Column("shape", Text, primary_key=True),
    Column("rules", BigInteger, nullable=False),
)

API_KEY = Table(
    "api_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("channel", Text),
    Column("test", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
    # Requests a second, and how many at once: none unless set.
    Column("rate", Integer),
    Column("burst", Integer),
)

# Everything personal, and nothing else: it may be overwritten. `id` is "customer U+001F code" or an order's.
PERSON = Table(
    "person",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("customer", Text),
    Column("body", Text, nullable=False),
    Index("person_customer", "customer"),
)
ERASURE = Table(
    "erasure",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("at", Text, nullable=False),
)

# `available_on` is the day from when on there will be more; `changed_no` the number of the change that wrote the
# row: it grows with each, and as one process writes at a time, in the order of their commits.
STOCK = Table(
    "stock",
    METADATA,
    Column("item", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("on_hand", Text, nullable=False),
    Column("reserved", Text, nullable=False),
    Column("available_on", Text),
    Column("changed_no", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("item", "warehouse"),
    Index("stock_changed", "changed_no"),
    sqlite_with_rowid=False,
)
# How much of a cap, coupon or quantity contract is used up.
USAGE = Table(
    "usage",
    METADATA,
    Column("subject", Text, primary_key=True),
    Column("used", Text, nullable=False),
)

# What each order took of it, so that it can be given back.
ORDER_USAGE = Table(
    "order_usage",
    METADATA,
    Column("order_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("used", Text, nullable=False),
    PrimaryKeyConstraint("order_id", "subject"),
    sqlite_with_rowid=False,
)

# `answer` tells the order as it stands; where it is no longer the first that was given, that one stands beside it.
ORDERS = Table(
    "orders",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("test", Integer, nullable=False),
    Column("channel", Text),
    Column("customer", Text),
    Column("currency", Text, nullable=False),
    Column("net", Text, nullable=False),
    Column("tax", Text),
    Column("gross", Text),
    Column("handover", Text, nullable=False),
    Column("life", Text, nullable=False),
    Column("erp_number", Text),
    Column("ordered_at", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("first_answer", Text),
    Index("orders_number", "store", "number", "test", unique=True),
    Index("orders_handover", "handover", "test", "id"),
    Index("orders_customer", "customer", "id"),
)
# `own_quantity` is all of a line in its item's own unit; shipped, returned and cancelled are parts of `quantity`.
ORDER_LINE = Table(
    "order_line",
    METADATA,
    Column("order_id", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("unit", Text),
    Column("net_price", Text),
    Column("net", Text),
    Column("tax", Text),
    Column("gross", Text),
    Column("own_quantity", Text),
    Column("shipped", Text),
    Column("returned", Text),
    Column("cancelled", Text),
    PrimaryKeyConstraint("order_id", "line"),
    sqlite_with_rowid=False,
)
ORDER_STEP = Table(
    "order_step",
    METADATA,
    Column("order_id", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text),
    PrimaryKeyConstraint("order_id", "step"),
    sqlite_with_rowid=False,
)
# Every key an order ever came under, as a hash, for ever.
ORDER_KEY = Table(
    "order_key",
    METADATA,
    Column("digest", LargeBinary, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    PrimaryKeyConstraint("digest"),
    sqlite_with_rowid=False,
)

# What was asked for and had no price, with how often; `question` is the last such question as JSON. For the
# guest of a channel, and where no channel is named, the code is empty.
UNPRICED = Table(
    "unpriced",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("item", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("question", Text, nullable=False),
    Index("unpriced_pair", "item", "customer", "channel", unique=True),
    Index("unpriced_times", "times", "last_at", "id"),
)

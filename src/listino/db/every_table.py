"""All tables together, whichever file describes them."""

from listino.db import (
    tables_desk,
    tables_live,
    tables_mirror,
    tables_reconciliation,
    tables_stores,
    tables_webhooks,
    tables_work,
)
from listino.db.schema import METADATA

TABLE_FILES = (
    tables_desk, tables_live, tables_mirror, tables_reconciliation, tables_stores, tables_webhooks, tables_work,
)  # fmt: skip
__all__ = ["METADATA", "TABLE_FILES"]

"""Alembic runs this: the migrations, on the connection that it was handed."""

from typing import Any

from alembic import context
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles

from listino.db.every_table import METADATA


@compiles(Text, "postgresql")
def text_by_bytes(*_: Any, **__: Any) -> str:
    """Every text is compared byte by byte, as SQLite does, whatever the language of the database."""
    return 'TEXT COLLATE "C"'


context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
context.config.attributes["connection"].commit()

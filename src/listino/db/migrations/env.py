"""Alembic runs this: the migrations, on the connection that it was handed."""

from alembic import context

from listino.db.every_table import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
context.config.attributes["connection"].commit()

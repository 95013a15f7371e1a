"""Alembic's way in: the migrations run on the connection that the room opened."""

from alembic import context

from flows.room.database import coaching, scoring
from flows.room.database.people import Base

TABLES_OF = (scoring, coaching)  # imported so that Base knows their tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

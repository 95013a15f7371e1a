"""Decisions of meetings flow into the table of scores."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the change."""
    op.add_column("adjudications", sa.Column("stored_at", sa.DateTime(), nullable=True))

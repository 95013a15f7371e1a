"""People have an account at an OpenID Connect provider; rubrics are changed without drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
    for name in ("account", "subject"):
        op.add_column("people", sa.Column(name, sa.String(length=200), nullable=True))
        op.create_index(f"ix_people_{name}", "people", [name], unique=True)
    op.drop_table("drafts")

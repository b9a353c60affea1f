"""Events have an id of their sender's, so that a retry is known, and the time when they came."""

import sqlalchemy as sa
from alembic import op

revision = "0002_ids"
down_revision = "0001_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both. Events that are there have neither."""
    op.add_column("events", sa.Column("uid", sa.Text))
    op.add_column("events", sa.Column("received_ms", sa.BigInteger))
    op.create_index("events_uid", "events", ["uid"], unique=True)

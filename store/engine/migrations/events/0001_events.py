"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001_events"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of events."""
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("visitor", sa.Text),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
    )
    op.create_index("events_time", "events", ["time_ms"])
    op.create_index("events_visitor", "events", ["visitor"])

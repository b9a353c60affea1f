"""What an event says is sealed by a key of its visitor's own; the tables of these keys, and of who is known as whom.

Events of before are sealed when the store is opened, because that takes the master key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_sealed"
down_revision = "0002_ids"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("events", sa.Column("sealed", sa.LargeBinary))
    op.add_column("events", sa.Column("key_id", sa.BigInteger))
    for name in ("person", "referrer", "source", "medium", "campaign", "device", "country"):
        op.add_column("events", sa.Column(name, sa.Text))
    op.create_index("events_person", "events", ["person"])
    op.create_index(
        "events_clear",
        "events",
        ["id"],
        sqlite_where=sa.text("sealed IS NULL"),
        postgresql_where=sa.text("sealed IS NULL"),
    )
    op.create_table(
        "event_keys",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_index("event_keys_tag", "event_keys", ["tag"], unique=True)
    op.create_table(
        "known_as",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("visitor", sa.Text, primary_key=True),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("known_as_visitor", "known_as", ["visitor"])

"""How far events were passed on to somewhere else, and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0004_relays"
down_revision = "0003_sealed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "relays",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )

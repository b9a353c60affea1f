"""What the site was seen to use."""

import sqlalchemy as sa
from alembic import op

revision = "0004_seen"
down_revision = "0003_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the site's inventory."""
    op.create_table(
        "seen",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.BigInteger),
    )

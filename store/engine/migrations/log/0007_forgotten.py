"""Whose events were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0007_forgotten"
down_revision = "0006_stripped"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the tags whose events were erased."""
    op.create_table(
        "forgotten",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("erased_ms", sa.BigInteger, nullable=False),
    )

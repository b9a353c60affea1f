"""The people who were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002_erased"
down_revision = "0001_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of those who were erased."""
    op.create_table(
        "erased",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("mark", sa.Text, nullable=False),
    )

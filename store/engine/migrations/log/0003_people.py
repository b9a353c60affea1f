"""A key for each person.

Records that are there stay as they are, in the clear: their leaves commit to these very bytes. New ones are encrypted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_people"
down_revision = "0002_erased"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of wrapped keys, and have records name theirs."""
    op.create_table(
        "people",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.add_column("records", sa.Column("key_id", sa.BigInteger))

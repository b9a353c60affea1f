"""What visitors are asked about, one edition after the other."""

import sqlalchemy as sa
from alembic import op

revision = "0005_editions"
down_revision = "0004_seen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of editions, and have a notice name the edition that it lists."""
    op.create_table(
        "editions",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("services", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )
    op.add_column("notices", sa.Column("edition", sa.Text))

"""Which leaves are stripped."""

import sqlalchemy as sa
from alembic import op

revision = "0006_stripped"
down_revision = "0005_editions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the account of stripped leaves, and an index of those."""
    op.create_table(
        "stripped",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("bits", sa.LargeBinary, nullable=False),
    )
    bare = sa.text("salt IS NULL")
    op.create_index("records_bare", "records", ["idx"], sqlite_where=bare, postgresql_where=bare)

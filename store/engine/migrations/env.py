"""Runs the migrations of one database on the connection that :mod:`holdback.store.engine.database` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    version_table=context.config.attributes.get("versions", "alembic_version"),
)
context.run_migrations()

"""Runs the migrations of one database on the connection that :mod:`holdback.store.database` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()

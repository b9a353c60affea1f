"""What the log and the events are kept in: SQLite or PostgreSQL, one schema, and group commit."""

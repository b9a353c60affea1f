"""First-party events, and what an owner asks of them first."""

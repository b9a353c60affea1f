"""The parts put together, and what the site is seen to use, carried to the store."""

"""A second look at what goes out, and what it counted."""

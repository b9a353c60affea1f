"""Which parts of a page fetch or run something, and to which services they belong."""

"""What goes wrong with a store."""


class StoreUnavailable(Exception):
    """Nothing can be written just now: the disk is full, the database locked, broken or gone. The text says which."""

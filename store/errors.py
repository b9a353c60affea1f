"""What goes wrong with a store."""


class StoreUnavailable(Exception):
    """Nothing can be written just now: the disk is full, the database locked, broken or gone. The text says which."""


class Misplaced(StoreUnavailable):
    """There is a store, but the settings say that it is elsewhere. Nobody may go on with another in its place."""

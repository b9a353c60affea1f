"""What goes wrong with a store."""


class StoreUnavailable(Exception):
    """Nothing can be written just now: the disk is full, the database locked, broken or gone. The text says which."""


class Misplaced(StoreUnavailable):
    """There is a store, but the settings say that it is elsewhere. Nobody may go on with another in its place."""


class Behind(StoreUnavailable):
    """The log at hand has less in it than is remembered of it elsewhere, or other things. ``size`` is how many records
    are remembered.
    """

    def __init__(self, reason: str, size: int) -> None:
        super().__init__(reason)
        self.size = size

"""How a command says no."""


class Failure(Exception):
    """Ends the command: one sentence on standard error, and *status*."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status

"""What was worked out lately, so that it need not be worked out again: memory that never grows beyond a bound."""

from collections.abc import Hashable


class Recent[Key: Hashable, Value]:
    """A mapping that forgets what was not asked for in a while, and holds at most twice *half* entries.

    Two dictionaries take turns: what is asked for moves to the young one, and the old one is dropped when the young
    one is full. That costs a look-up less than keeping an exact order.
    """

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, half: int) -> None:
        self._half = half
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """What is kept for *key*, or None."""
        value = self._young.get(key)
        if value is None and (value := self._old.get(key)) is not None:
            self.keep(key, value)
        return value

    def keep(self, key: Key, value: Value) -> None:
        """Remember *value* for *key*."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

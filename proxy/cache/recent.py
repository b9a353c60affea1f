"""What was worked out lately, so that it need not be worked out again: memory that never grows beyond a bound."""

from collections import OrderedDict
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


class RecentBytes[Key: Hashable, Value]:
    """A mapping that forgets what was not asked for in the longest time, and holds at most *capacity* bytes."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.most = capacity // 8
        """Bytes that one entry may have: a larger one would push most of the rest out, and is not kept."""
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.size = 0
        """Bytes that are kept by now."""

    def get(self, key: Key) -> Value | None:
        """What is kept for *key*, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Remember *value*, of *size* bytes, for *key*, if it is not larger than :attr:`most`."""
        if size > self.most:
            return
        before = self._entries.pop(key, None)
        self.size += size - (before[1] if before is not None else 0)
        self._entries[key] = (value, size)
        while self.size > self._capacity:
            _, (_, forgotten) = self._entries.popitem(last=False)
            self.size -= forgotten

    def __len__(self) -> int:
        return len(self._entries)

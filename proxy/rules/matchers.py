"""Look-ups that do not grow with the number of services: by host and path, by name with ``*``, by words.

Of two entries that say the same the first is found.
"""

from collections.abc import Iterable


class HostTable[T]:
    """Finds the entry of the longest host pattern that covers an address.

    ``example.com`` and ``*.example.com`` both cover the host and every host below it: when in doubt a tracker stays
    held. A path prefix ends at a segment: ``example.com/tr`` covers ``/tr`` and ``/tr/x``, not ``/trousers``.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._hosts: dict[str, dict[str, T]] = {}
        for pattern, value in entries:
            host, _, path = pattern.removeprefix("*.").partition("/")
            paths = self._hosts.setdefault(host.partition(":")[0].lower().rstrip("."), {})
            paths.setdefault(f"/{path.strip('/')}" if path.strip("/") else "", value)
        # The longest first, so that the first that covers a path is the one.
        self._hosts = {
            host: dict(sorted(paths.items(), key=lambda entry: -len(entry[0])))
            for host, paths in self._hosts.items()
        }

    def knows(self, host: str) -> bool:
        """Whether any path on *host* has an entry."""
        while host:
            if host in self._hosts:
                return True
            _, _, host = host.partition(".")
        return False

    def find(self, host: str, path: str) -> T | None:
        """The entry for *path* on *host*; the nearest host wins, then the longest path."""
        while host:
            paths = self._hosts.get(host)
            if paths is not None and (found := _longest(paths, path)) is not None:
                return found
            _, _, host = host.partition(".")
        return None


def _longest[T](paths: dict[str, T], path: str) -> T | None:
    for prefix, value in paths.items():
        if path.startswith(prefix) and (not prefix or path[len(prefix) : len(prefix) + 1] in ("", "/")):
            return value
    return None


class NameTable[T]:
    """Finds the entry whose name, with ``*`` as the only wildcard, is a given name. Case matters (RFC 6265 §5)."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, T] = {}
        self._prefixes: dict[str, T] = {}
        self._others: list[tuple[list[str], T]] = []
        for pattern, value in entries:
            if "*" not in pattern:
                self._exact.setdefault(pattern, value)
            elif pattern.index("*") == len(pattern) - 1:
                self._prefixes.setdefault(pattern[:-1], value)
            else:
                self._others.append((pattern.split("*"), value))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    def find(self, name: str) -> T | None:
        """The entry for *name*; an exact one wins, then the longest prefix, then any other pattern."""
        if name in self._exact:
            return self._exact[name]
        for length in self._lengths:
            if length <= len(name) and (found := self._prefixes.get(name[:length])) is not None:
                return found
        for parts, value in self._others:
            if _has_in_order(name, parts):
                return value
        return None


def _has_in_order(name: str, parts: list[str]) -> bool:
    """Whether *name* is *parts* in their order with anything between them.

    A regular expression would try every way to share *name* out: with three wildcards its length to the power of three.
    """
    first, *between, last = parts
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in between:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


class WordTable[T]:
    """Finds the entry whose signature is in a script: the signature's words in a row, whatever stands between them.

    So ``fbq('init'`` is found in ``fbq( "init", …`` too, and ``uetq`` is not found inside of ``cuetqx``. Most scripts
    have none of the signatures, and to see that takes one pass over them: an alternation of all the signatures is
    twenty times slower.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._by_telling: dict[bytes, list[tuple[bytes, T]]] = {}
        for signature, value in entries:
            words = _words(signature)
            if words:
                telling = next((word for word in words if word not in _EVERYDAY), words[0])
                self._by_telling.setdefault(telling, []).append((_row(words), value))

        self.telling = frozenset(self._by_telling)
        """One rare word of each signature: a script without any of them has none of the signatures."""

    def find(self, script: str) -> T | None:
        """The entry of the first signature that *script* has."""
        words = _words(script)
        telling = self.telling.intersection(words)
        if not telling:
            return None
        row = _row(words)
        found = [
            (at, -len(signature), value)
            for word in telling
            for signature, value in self._by_telling[word]
            if (at := row.find(signature)) >= 0
        ]
        return min(found, key=lambda each: each[:2])[2] if found else None


_EVERYDAY = frozenset((b"window", b"new", b"google"))
_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$"
_BETWEEN = bytes(byte if byte in _WORD else 0x20 for byte in range(256))


def _words(text: str) -> list[bytes]:
    return text.encode("utf-8", "replace").translate(_BETWEEN).split()


def _row(words: list[bytes]) -> bytes:
    return b" " + b" ".join(words) + b" "

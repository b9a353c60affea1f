"""Look-ups that do not grow with the number of services: by host suffix and path, and by name with ``*``."""

import re
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
            paths[f"/{path.strip('/')}" if path.strip("/") else ""] = value

    def find(self, host: str, path: str) -> tuple[str, T] | None:
        """The pattern and the entry for *path* on *host*; the nearest host wins, then the longest path."""
        while host:
            paths = self._hosts.get(host)
            if paths is not None and (found := _longest(paths, path)) is not None:
                return host + found, paths[found]
            _, _, host = host.partition(".")
        return None


def _longest[T](paths: dict[str, T], path: str) -> str | None:
    if len(paths) == 1 and "" in paths:
        return ""
    prefix = path.rstrip("/")
    while prefix:
        if prefix in paths:
            return prefix
        prefix = prefix.rpartition("/")[0]
    return "" if "" in paths else None


class NameTable[T]:
    """Finds the entry whose name, with ``*`` as the only wildcard, is a given name. Case matters (RFC 6265 §5)."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, T] = {}
        self._prefixes: dict[str, T] = {}
        self._lengths: list[int] = []
        self._others: list[tuple[re.Pattern[str], str, T]] = []
        for pattern, value in entries:
            if "*" not in pattern:
                self._exact.setdefault(pattern, value)
            elif pattern.index("*") == len(pattern) - 1:
                self._prefixes.setdefault(pattern[:-1], value)
            else:
                self._others.append((_compiled(pattern), pattern, value))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    def find(self, name: str) -> tuple[str, T] | None:
        """The pattern and the entry for *name*; an exact one wins, then the longest prefix."""
        if name in self._exact:
            return name, self._exact[name]
        for length in self._lengths:
            prefix = name[:length]
            if len(prefix) == length and prefix in self._prefixes:
                return f"{prefix}*", self._prefixes[prefix]
        for compiled, pattern, value in self._others:
            if compiled.fullmatch(name):
                return pattern, value
        return None


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)

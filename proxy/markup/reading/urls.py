"""What address a reference in a page leads to (WHATWG URL §4.4, as far as the host decides).

Browsers are lenient: they drop tabs and newlines, read ``\\`` as ``/``, take ``https:tracker.test`` and
``///tracker.test`` for addresses of another host. A matcher that is stricter than they are lets those out.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

_TRIMMED = "".join(map(chr, range(0x21)))
_REMOVED = str.maketrans("", "", "\t\n\r")
_UNTIDY = re.compile(r"[\x00-\x20]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_SLASHES = "/\\"
_FETCHED = frozenset({"http", "https", "ws", "wss"})
_HOST_END = re.compile(r"[/\\?#]")
_QUERY = re.compile(r"[?#]")
_PORTS = {"http": ":80", "https": ":443", "ws": ":80", "wss": ":443"}

MAY_LEAVE = re.compile(rb"[:&\\]|/[\t\n\r]*/")
"""Found in every attribute value, still encoded, that can name another host than its base's."""


@dataclass(frozen=True, slots=True)
class Base:
    """The address that relative references are resolved against: always ``http`` or ``https``."""

    scheme: str
    host: str
    """Lower-case, with the port unless it is the scheme's own."""
    path: str
    """From the first ``/``; no query."""

    @classmethod
    def of(cls, url: str) -> "Base | None":
        """The base that an absolute *url* gives, or None if it can't be one."""
        scheme, colon, rest = url.partition("://")
        if not colon or scheme not in ("http", "https"):
            return None
        end = _HOST_END.search(rest)
        host = rest[: end.start()] if end else rest
        path = _QUERY.split(rest[end.start() :], maxsplit=1)[0] if end else "/"
        return cls(scheme, host_of(scheme, host), path.replace("\\", "/") or "/")


def host_of(scheme: str, authority: str) -> str:
    """The host (and port, unless it is the scheme's own) of an authority, lower-case, without user information."""
    return authority.rpartition("@")[2].lower().removesuffix(_PORTS.get(scheme, ""))


class Resolved(NamedTuple):
    """Where a reference leads. ``host`` is empty for addresses that name none (``data:``, ``javascript:``)."""

    url: str
    host: str = ""
    scheme: str = ""
    by_path: bool = False
    """Whether the path of the base went into it."""


def resolve(reference: str, base: Base) -> Resolved:
    """The absolute address that *reference*, an attribute's decoded value, means on a page with *base*.

    The result is not fully normalised: dot segments, percent-encoding and the host's spelling are the
    matcher's business.
    """
    text = reference
    if _UNTIDY.search(text):
        text = text.strip(_TRIMMED).translate(_REMOVED)
    scheme, rest = base.scheme, text
    if found := _SCHEME.match(text):
        scheme, rest = found[0][:-1].lower(), text[found.end() :]
        if scheme not in _FETCHED:
            return Resolved(f"{scheme}:{rest}", "", scheme)
        if scheme != base.scheme:  # then the slashes are optional, however many there are
            return _absolute(scheme, rest)
    if rest[:1] in _SLASHES and rest[1:2] in _SLASHES and len(rest) > 1:
        return _absolute(scheme, rest)
    if rest[:1] in ("/", "\\"):
        return Resolved(f"{scheme}://{base.host}{_forward(rest)}", base.host, scheme)
    path = (base.path if rest[:1] in "?#" else base.path[: base.path.rfind("/") + 1]) + rest
    return Resolved(f"{scheme}://{base.host}{_forward(path)}", base.host, scheme, by_path=True)


def _absolute(scheme: str, rest: str) -> Resolved:
    rest = rest.lstrip(_SLASHES)
    end = _HOST_END.search(rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "/")
    if path[0] in "?#":
        path = "/" + path
    return Resolved(f"{scheme}://{authority}{_forward(path)}", host_of(scheme, authority), scheme)


def _forward(path: str) -> str:
    if "\\" not in path:
        return path
    end = _QUERY.search(path)
    cut = end.start() if end else len(path)
    return path[:cut].replace("\\", "/") + path[cut:]

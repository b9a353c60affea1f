"""Addresses read as a browser reads them, which is more forgiving than RFC 3986 (WHATWG URL §4.4)."""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_TRIMMED = "".join(map(chr, range(0x21)))
_REMOVED = str.maketrans("", "", "\t\n\r")
_NEEDS_CLEANING = re.compile(r"[\x00-\x20]")
_ADDRESS = re.compile(
    r"(?:(?:https?|wss?):[/\\]*|[/\\]{2,})(?:[^/\\?#]*@)?(\[[^\]/\\?#]*\]|[^/\\?#:]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?",
    re.IGNORECASE,
)
_PLAIN_HOST = re.compile(r"[a-z0-9._-]*[a-z0-9_-]")


class Address(NamedTuple):
    """The parts by which rules match: host in lower-case ASCII, the rest as written; ``port`` may be empty."""

    host: str
    port: str
    path: str
    query: str


def parse(url: str) -> Address | None:
    """The parts of an absolute or protocol-relative http(s) or ws(s) *url*; None for anything else."""
    if _NEEDS_CLEANING.search(url):
        url = url.strip(_TRIMMED).translate(_REMOVED)
    match = _ADDRESS.match(url)
    if match is None:
        return None
    host = normal_host(match[1])
    if not host:
        return None
    path = match[3]
    path = path.replace("\\", "/") if "\\" in path else path or "/"
    return Address(host, match[2] or "", path, match[4] or "")


def is_at(address: Address, host_header: str) -> bool:
    """Whether *address* is at what a ``Host`` header says. The default ports of http and https count as one."""
    host, port = _split(host_header)
    return address.host == normal_host(host) and (
        address.port == port or (address.port in _DEFAULT_PORTS and port in _DEFAULT_PORTS)
    )


_DEFAULT_PORTS = ("", "80", "443")


_LONGEST_HOST = 253
"""Characters of the longest name that DNS can look up (RFC 1035 §2.3.4)."""
_INVISIBLE = dict.fromkeys(
    map(
        ord,
        "\u00ad\u034f\u1806\u180b\u180c\u180d\u200b\u200c\u200d\u2060\ufeff"
        + "".join(map(chr, range(0xFE00, 0xFE10))),
    )
)
"""What a browser drops from a host (RFC 3454, table B.1; IDNA's *ignored*): a name can be padded with any number of it.

Written out, because a look through all characters makes each command a fiftieth of a second slower.
"""


def normal_host(host: str) -> str:
    """*host* decoded, in lower case and ASCII, without the dot that may end it; empty where it is none.

    What is too long to be looked up is none: work on a host is bounded, however many labels an address has.
    """
    if _PLAIN_HOST.fullmatch(host):
        return host if len(host) <= _LONGEST_HOST else ""
    if "%" in host:
        host = unquote_to_bytes(host).decode("utf-8", "replace")
    host = host.rstrip(".").lower()
    if not host.isascii():
        host = host.translate(_INVISIBLE)
        if len(host) > _LONGEST_HOST:
            return ""
        try:
            host = host.replace("。", ".").encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return host if len(host) <= _LONGEST_HOST else ""


def without_port(host: str) -> str:
    """*host* as :func:`parse` gives it, of what a ``Host`` header says: no port, brackets kept."""
    return normal_host(_split(host)[0])


def _split(host_header: str) -> tuple[str, str]:
    end = host_header.rfind(":")
    return (host_header[:end], host_header[end + 1 :]) if end > host_header.rfind("]") else (host_header, "")


def forms(path: bytes) -> tuple[str, ...]:
    """Every form of a request's *path* that some site might see: as sent, decoded, dot segments resolved.

    Rules hold a request if any form matches (``//`` counts as ``/`` too); the request itself is not changed for it.
    """
    raw = path.decode("latin-1")
    if b"%" not in path and b"//" not in path and b"/." not in path and b"\\" not in path:
        return (raw,)
    decoded = unquote_to_bytes(path).decode("latin-1")
    return tuple(dict.fromkeys([raw, decoded, _resolved(raw), _resolved(decoded)]))


def _resolved(path: str) -> str:
    out: list[str] = []
    segments = re.split(r"[/\\]+", path)
    for segment in segments[1:]:
        if segment == "..":
            if out:
                out.pop()
        elif segment != ".":
            out.append(segment)
    if segments[-1] in (".", ".."):
        out.append("")
    return "/" + "/".join(out)

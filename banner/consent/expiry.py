"""Taking cookies back: a browser deletes one only for the same name, domain and path that it was set with.

None of the three comes back in a ``Cookie`` header, so every combination that a page on this host can have set is
expired: without a domain and for each parent domain, for ``/`` and each folder of the page's path, partitioned and
not (a partitioned cookie is a different one, and is deleted only with ``Secure`` and ``Partitioned``; CHIPS §2.1).
"""

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import product

from .signed_choice import bare_host
from .standing import Standing

_DEEPEST = 4
"""Folders of a path, and parents of a host, that are tried."""

_ROOM = 3500
"""Bytes of a response head that are spent: a TLS terminator in front may have room for 4 kB (nginx's default)
and answers 502 beyond. What does not fit is stripped on the way in, and expired when it is seen next."""

_WRITABLE = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ()/:<>?@[]{}"
)


def expiry_lines(standing: Standing, path: str) -> Iterator[bytes]:
    """``Set-Cookie`` values that delete the held cookies which the request carried.

    *path* is the page's own. Likely combinations come first: ``/`` for all names, then the page's folders. Names that
    no header can carry unambiguously are skipped.
    """
    host = bare_host(standing.host)
    names = [name for name in standing.seen if name and _WRITABLE.issuperset(name)]
    if not names:
        return
    kinds = _kinds(standing.scheme, host)
    room = _ROOM
    for folder in _folders(path):
        for name, domain, kind in product(names, ["", *_domains(host)], kinds):
            if name.lower().startswith("__host-") and (domain or folder != "/"):
                continue  # browsers refuse such a line (RFC 6265bis §4.1.3.2)
            scope = f"; Domain={domain}" if domain else ""
            line = f"{name}=; Max-Age=0; Path={folder}{scope}{kind}".encode("ascii")
            room -= len(line) + len(b"set-cookie: \r\n")
            if room < 0:
                return
            yield line


def _kinds(scheme: str, host: str) -> tuple[str, ...]:
    if scheme == "https":
        return ("; Secure", "; Secure; Partitioned")
    # Browsers trust loopback without TLS, and take Secure cookies there; elsewhere they would refuse the line.
    return ("", "; Secure; Partitioned") if _is_loopback(host) else ("",)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host.strip("[]")).is_loopback


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _domains(host: str) -> list[str]:
    """The host and its parents, but not its last label: no browser takes a cookie for that."""
    if _is_address(host):
        return []
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)][:_DEEPEST]


def _folders(path: str) -> list[str]:
    """``/``, and what a page at *path* can have set a cookie's path to: each folder with and without its slash.

    Without is the default that browsers take from the address (RFC 6265 §5.1.4), so it comes first.
    """
    folders = ["/"]
    reached = ""
    for segment in [segment for segment in path.split("/") if segment][:_DEEPEST]:
        if not segment.isascii() or not segment.isprintable() or ";" in segment:
            break
        reached = f"{reached}/{segment}"
        folders += [reached, f"{reached}/"]
    return folders

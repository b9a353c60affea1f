"""EasyPrivacy, or any list in its syntax, as an optional file that the owner names: never shipped, never changed.

The package ``adblock`` reads all of it where it is installed (some 60 MB of memory, and its last release is of 2023,
so nothing depends on it); without it only rules that name a whole host count, which are five in six of them. Addresses
on the site's own host are not looked up: generic rules (``/analytics.js``) would break sites.
"""

import hashlib
import importlib
import re
from pathlib import Path
from typing import Any, Protocol

from .urls import Address, without_port

_HOST_RULE = re.compile(r"^(@@)?\|\|([a-z0-9.-]+\.[a-z0-9-]+)\^(?:\$(third-party))?$", re.MULTILINE)


class TrackerList(Protocol):
    """A list of trackers of which each is held for analytics."""

    @property
    def digest(self) -> str:
        """SHA-256 of the list in hex: which list was in force."""

    def find(self, address: Address, own_host: str) -> str | None:
        """The rule that covers *address* on a page of *own_host* (``host`` or ``host:port``), or None."""


def tracker_list(file: Path) -> TrackerList:
    """The list in *file*, by the best reader that is installed. Raises OSError where it can't be read."""
    text = file.read_text("utf-8", "replace")
    try:
        adblock = importlib.import_module("adblock")
    except ImportError:
        return HostRules(text)
    return WholeList(text, adblock)


class HostRules:
    """The rules of a list that name a whole host: ``||example.com^``, for third parties or for all."""

    def __init__(self, text: str) -> None:
        self.digest = _sha256(text)
        self._hosts: dict[str, bool] = {}
        excepted: set[str] = set()
        for exception, host, third_party in _HOST_RULE.findall(text):
            if exception:
                excepted.add(host)
            else:
                self._hosts[host] = bool(third_party) and self._hosts.get(host, True)
        for host in excepted:
            self._hosts.pop(host, None)

    def find(self, address: Address, own_host: str) -> str | None:
        """See :class:`TrackerList`."""
        own = without_port(own_host)
        if address.host == own:
            return None
        host = address.host
        while host:
            third_party_only = self._hosts.get(host)
            if third_party_only is not None and not (third_party_only and _related(address.host, own)):
                return f"||{host}^"
            _, _, host = host.partition(".")
        return None


class WholeList:
    """Every rule of a list, by the package ``adblock`` (Brave's engine)."""

    def __init__(self, text: str, adblock: Any) -> None:
        self.digest = _sha256(text)
        rules = adblock.FilterSet(debug=True)
        rules.add_filter_list(text)
        self._engine = adblock.Engine(filter_set=rules)

    def find(self, address: Address, own_host: str) -> str | None:
        """See :class:`TrackerList`."""
        own = without_port(own_host)
        if address.host == own:
            return None
        query = f"?{address.query}" if address.query else ""
        found = self._engine.check_network_urls(
            f"https://{address.host}{address.path}{query}", f"https://{own or 'unknown.invalid'}/", "other"
        )
        return (found.filter or "rule without a text") if found.matched else None


def _related(host: str, own: str) -> bool:
    """Whether one of two hosts lies below the other: the nearest to *same party* without the public suffix list."""
    return bool(own) and (host.endswith(f".{own}") or own.endswith(f".{host}") or host == own)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""What is kept of something that happened on the site, and of the circumstances."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_LONGEST = 100
"""Characters of a host or of a campaign's name; what is longer is cut."""
_TV = re.compile(r"\bTV\b|SmartTV|SMART-TV|AppleTV|CrKey|BRAVIA", re.IGNORECASE)
_TABLET = re.compile(r"iPad|Tablet|Silk/")
_PHONE = re.compile(r"Mobi|iPhone")
_BOT = re.compile(
    r"(?<!cu)bots?\b|crawl|spider|slurp|externalhit|embedly|\b(?:curl|wget|httpie|okhttp)/|python-|go-http|lighthouse",
    re.IGNORECASE,
)
"""Machines that say what they are. "Cubot" makes phones."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a visit came from, and on what kind of device: nothing of it tells one visitor from another.

    ``referrer`` is the host of another site that led here. ``source``, ``medium`` and ``campaign`` are what a link
    named so (``utm_…``). ``device`` is phone, tablet, tv or computer, or one of :data:`NOBODY`; ``country`` an ISO 3166
    code. Empty is unknown.
    """

    referrer: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    device: str = ""
    country: str = ""

    @classmethod
    def of(
        cls,
        *,
        page: str = "",
        referrer: str = "",
        host: str = "",
        agent: str = "",
        country: str | None = None,
    ) -> "Circumstances":
        """Those of a visit to *page*, an address, coming from *referrer*; *host* is the site's own, *agent* the
        User-Agent line."""
        named = _campaign(page)
        came = _host(referrer)
        return cls(
            referrer="" if came == host.lower() else came[:_LONGEST],
            source=named.get("utm_source", ""),
            medium=named.get("utm_medium", ""),
            campaign=named.get("utm_campaign", ""),
            device=device(agent),
            country=country or "",
        )


VIEW = "page view"
"""The name of the event that somebody looks at a page."""
SERVER = "server"
"""In the place of a device: the site's own server said it, and nobody was there."""
BOT = "bot"
"""In the place of a device: a machine that says that it is one."""
NOBODY = (SERVER, BOT)
"""What is no person's visit."""
NOTHING = Circumstances()
OF_A_SERVER = Circumstances(device=SERVER)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on the site. ``visitor`` is the id of the visitor's choice, where there is one.

    ``uid`` is the sender's own id for it: one that is there already is not stored again. ``person`` is what an SDK
    calls who it is, once the site has told it; ``aliases`` is all that it calls them, on this device and elsewhere.
    """

    name: str
    time: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    visitor: str | None = None
    path: str = ""
    uid: str | None = None
    person: str = ""
    aliases: tuple[str, ...] = ()
    seen: Circumstances = NOTHING


def device(agent: str) -> str:
    """The kind of device that a User-Agent line is of, :data:`BOT`, or empty where it is no browser's.

    Browsers on phones say "Mobi", as MDN's "Browser detection using the user agent string" has it; tablets with Android
    leave it out.
    """
    if _BOT.search(agent):
        return BOT
    if _TV.search(agent):
        return "tv"
    if _TABLET.search(agent):
        return "tablet"
    if _PHONE.search(agent):
        return "phone"
    if "Android" in agent:
        return "tablet"
    return "computer" if agent.startswith("Mozilla/") else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _campaign(address: str) -> dict[str, str]:
    query = address.partition("?")[2].partition("#")[0]
    if "utm_" not in query:
        return {}
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return {}
    return {name: value[:_LONGEST].replace("\0", "") for name, value in pairs if name.startswith("utm_")}

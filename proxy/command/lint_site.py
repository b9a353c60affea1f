"""What ``holdback check`` finds at the site itself: whether it answers, and with what a visitor would meet."""

import asyncio
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from ..assembly.first_reading import Home, ask
from ..http.headers import Headers, first
from ..settings.model import Settings
from ..upstream.client import Upstream
from ..upstream.errors import UpstreamError
from .lint import Finding, fault, warning

_SECONDS = 10.0
_REDIRECTS = 5
_OURS = re.compile(r"<hb-notice[\s>]|function HOLDBACK\(")
_OTHERS = {
    "Axeptio": r"static\.axept\.io",
    "Borlabs Cookie": r"borlabs-cookie",
    "Complianz": r"complianz-gdpr|cmplz-",
    "Cookiebot": r"consent\.cookiebot\.(?:com|eu)",
    "CookieYes": r"cdn-cookieyes\.com|cookie-law-info",
    "Didomi": r"sdk\.privacy-center\.org",
    "iubenda": r"cdn\.iubenda\.com/cs|iubenda_cs",
    "Klaro": r"kiprotect\.com/klaro|klaro(?:-config)?\.(?:min\.)?js",
    "Moove GDPR": r"gdpr-cookie-compliance",
    "OneTrust": r"cdn\.cookielaw\.org|otSDKStub|optanon",
    "Osano": r"cmp\.osano\.com|cookieconsent\.min\.js",
    "Quantcast Choice": r"cmp\.quantcast\.com|quantcast\.mgr\.consensu\.org",
    "Sourcepoint": r"sp-prod\.net|privacy-mgmt\.com",
    "tarteaucitron": r"tarteaucitron(?:\.min)?\.js",
    "Termly": r"app\.termly\.io",
    "TrustArc": r"consent\.trustarc\.com",
    "Usercentrics": r"app\.usercentrics\.eu",
}
"""Other consent tools, by what their markup names. From each vendor's own instructions for installing it."""


def site_findings(settings: Settings) -> list[Finding]:
    """What is wrong with the site that *settings* name; nothing where they name none."""
    return asyncio.run(_findings(settings)) if settings.upstream else []


async def _findings(settings: Settings) -> list[Finding]:
    upstream = Upstream(settings.upstream)
    home = Home(upstream.origin.scheme, urlsplit(settings.upstream).netloc)
    try:
        try:
            async with asyncio.timeout(_SECONDS):
                status, where, page = await _followed(upstream, home, "/")
        except TimeoutError:
            return [fault("upstream", f"{settings.upstream} gives no page within {_SECONDS:.0f} seconds.")]
        except UpstreamError as error:
            return [fault("upstream", f"The site does not answer: {error}.")]
        findings = list(_front(settings, status, page))
        if not where:
            findings.append(
                warning(
                    "upstream",
                    f"The front page leads away from {settings.upstream}: visitors would leave Holdback with it.",
                )
            )
        return [*findings, *await _policy(settings, upstream, home)]
    finally:
        upstream.close()


def _front(settings: Settings, status: int, page: str) -> Iterator[Finding]:
    if status >= 500:
        yield fault("upstream", f"The site's front page is answered {status}.")
    elif status >= 400:
        yield warning("upstream", f"The site's front page is answered {status}.")
    if _OURS.search(page):
        yield fault(
            "upstream",
            f"{settings.upstream} is served by Holdback already: name the address of the site itself.",
        )
    for name, pattern in _OTHERS.items():
        if re.search(pattern, page, re.IGNORECASE):
            yield warning(
                "site",
                f"The front page loads {name}, which asks for consent too: visitors would be asked twice.",
                "C05",
            )


async def _policy(settings: Settings, upstream: Upstream, home: Home) -> list[Finding]:
    """Whether visitors can read the privacy policy that the notice links to."""
    policy = settings.site.privacy_policy
    if not policy:
        return []
    elsewhere = None
    if not policy.startswith("/"):
        parts = urlsplit(policy)
        elsewhere = Upstream(f"{parts.scheme}://{parts.netloc}")
        upstream, home = elsewhere, Home(parts.scheme, parts.netloc)
        policy = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    where = "site.privacy_policy"
    try:
        async with asyncio.timeout(_SECONDS):
            status, _, _ = await _followed(upstream, home, policy)
    except (UpstreamError, TimeoutError) as error:
        reason = str(error) or f"nothing comes within {_SECONDS:.0f} seconds"
        return [warning(where, f"The privacy policy could not be read: {reason}.", "C13")]
    finally:
        if elsewhere is not None:
            elsewhere.close()
    if status == 200:
        return []
    return [
        fault(
            where,
            f"{settings.site.privacy_policy} is answered {status}: visitors can't read the policy.",
            "C13",
        )
    ]


async def _followed(upstream: Upstream, home: Home, path: str) -> tuple[int, str, str]:
    """Status, path and text of what *path* leads to on the same site; an empty path where it leads elsewhere."""
    status, body = 0, ""
    for _ in range(_REDIRECTS):
        status, headers, body = await ask(upstream, home, path)
        leads = _leads(headers) if 300 <= status < 400 else ""
        if not leads:
            return status, path, body
        parts = urlsplit(urljoin(f"{home}{path}", leads))
        if parts.hostname != urlsplit(str(home)).hostname:
            return 200, "", ""
        home = Home(parts.scheme, parts.netloc)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return status, path, body


def _leads(headers: Headers) -> str:
    return (first(headers, b"location") or b"").decode("latin-1")

"""Response headers by which a browser would talk to a tracker without any markup.

``Link`` hints and 103 Early Hints fetch, ``Refresh`` navigates, reporting endpoints and NEL post later,
``Speculation-Rules`` prefetches, ``Permissions-Policy`` delegates the client hints that ``Accept-CH`` asked for.
``Alt-Svc`` would lead the visitor past the proxy altogether. Each is cut down to what is not held, or dropped.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ...http.headers import Header, Headers

type HeldUrl = Callable[[str], bool]
"""Whether an absolute or site-relative URL belongs to a held service."""

_DROPPED = frozenset(
    {
        b"alt-svc",
        b"attribution-reporting-info",
        b"attribution-reporting-register-os-source",
        b"attribution-reporting-register-os-trigger",
        b"attribution-reporting-register-source",
        b"attribution-reporting-register-trigger",
        b"observe-browsing-topics",
    }
)
_LINK = re.compile(
    rb'<([^>]*+)>((?:\s*+;\s*+[^",;=\s]++(?:\s*+=\s*+(?:"(?:[^"\\]++|\\.)*+"|[^",;\s]*+))?+)*+)', re.DOTALL
)
"""One link value: its target and its parameters (RFC 8288 §3)."""
_REFRESH_URL = re.compile(rb"^\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE)
_STRING = rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
"""A quoted string; one that is not closed goes to the end, lest each quote in it begin a search of its own."""
_STRINGS = re.compile(_STRING, re.DOTALL)
_MEMBERS = re.compile(rb'(?:[^",]++|' + _STRING + rb")++", re.DOTALL)
"""One member of a list or dictionary, up to the comma that ends it (RFC 9651 §4.2.1)."""
_LINKS = re.compile(rb'(?:[^",<]++|<[^>]*+(?:>|\Z)|' + _STRING + rb")++", re.DOTALL)
"""The same where an address in angle brackets may have commas and quotes in it."""
_FORGET = b'{"report_to":"default","max_age":0}'
"""What makes a browser forget a policy for network errors (NEL §4.1)."""


def filtered(headers: Headers, held: HeldUrl) -> Headers:
    """*headers* without what would reach a held service; the same list where there is nothing to look at."""
    if WATCHED.isdisjoint([name for name, _ in headers]):
        return headers
    out: Headers = []
    for pair in headers:
        if pair[0] in _DROPPED:
            continue
        careful = _CAREFUL.get(pair[0])
        kept = pair if careful is None else careful(pair, held)
        if kept is not None:
            out.append(kept)
    return _without_stale_policies(headers, out)


def _without_stale_policies(before: Headers, after: Headers) -> Headers:
    """NEL posts to an endpoint that ``Report-To`` named: where that went, the browser forgets the policy too."""
    names = [name for name, _ in before]
    if b"nel" not in names or names.count(b"report-to") == [name for name, _ in after].count(b"report-to"):
        return after
    return [(name, _FORGET if name == b"nel" else value) for name, value in after]


def _link(pair: Header, held: HeldUrl) -> Header | None:
    """RFC 8288 §3: each link value on its own; one that can't be parsed goes (fail closed)."""
    kept = [link for value in _LINKS.findall(pair[1]) if _may_be_linked(link := value.strip(), held)]
    return (pair[0], b", ".join(kept)) if kept else None


def _may_be_linked(link: bytes, held: HeldUrl) -> bool:
    match = _LINK.fullmatch(link)
    if match is None or held(_text(match[1])):
        return False
    return not any(held(text.decode("latin-1")) for text in _candidates(match[2]))


def _candidates(parameters: bytes) -> list[bytes]:
    """The URLs of ``imagesrcset`` in a link's parameters."""
    if b"imagesrcset" not in parameters.lower():
        return []
    return [
        candidate.split()[0]
        for text in _STRINGS.findall(parameters)
        for candidate in text.strip(b'"').split(b",")
        if candidate.strip()
    ]


def _refresh(pair: Header, held: HeldUrl) -> Header | None:
    match = _REFRESH_URL.match(pair[1])
    return None if match and match[1] and held(_text(match[1])) else pair


def _quoted_urls(pair: Header, held: HeldUrl) -> Header | None:
    """Structured fields whose strings are URLs (Reporting-Endpoints, Speculation-Rules): each member on its own."""
    members = _MEMBERS.findall(pair[1])
    kept = [member for member in members if not any(held(_inside(text)) for text in _STRINGS.findall(member))]
    if len(kept) == len(members):
        return pair
    return (pair[0], b",".join(kept).strip()) if kept else None


def _reporting_groups(pair: Header, held: HeldUrl) -> Header | None:
    """``Report-To``: JSON objects joined by commas. One that can't be read goes (fail closed)."""
    try:
        groups: list[dict[str, Any]] = json.loads(b"[" + pair[1] + b"]")
        kept = [
            group
            for group in groups
            if not any(held(str(endpoint["url"])) for endpoint in group.get("endpoints", ()))
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if len(kept) == len(groups):
        return pair
    return (pair[0], b", ".join(json.dumps(group).encode("ascii") for group in kept)) if kept else None


def _network_errors(pair: Header, _held: HeldUrl) -> Header | None:
    """Looked at when it is known what became of ``Report-To``."""
    return pair


def _bare_url(pair: Header, held: HeldUrl) -> Header | None:
    return None if held(_text(pair[1])) else pair


def _security_policy(pair: Header, held: HeldUrl) -> Header | None:
    """A site's policy without the addresses in ``report-uri`` that are held; the rest stays as it is (CSP3 §6.5.1).

    What ``report-to`` names is gone with the endpoint of that name.
    """
    if b"report-uri" not in pair[1].lower():
        return pair
    policies = (_reporting_elsewhere(policy, held) for policy in pair[1].split(b","))
    return (pair[0], b",".join(policies))


def _reporting_elsewhere(policy: bytes, held: HeldUrl) -> bytes:
    directives: list[bytes] = []
    for directive in policy.split(b";"):
        words = directive.split()
        if words and words[0].lower() == b"report-uri":
            kept = [word for word in words[1:] if not held(_text(word))]
            if len(kept) < len(words) - 1:
                directive = b" " + b" ".join([words[0], *kept]) if kept else b""
        directives.append(directive)
    return b";".join(directives)


def _permissions(pair: Header, held: HeldUrl) -> Header | None:
    """``Permissions-Policy``: no held origin is allowed anything, and a hint that all may have is the site's alone."""
    kept = _STRINGS.sub(lambda origin: b"" if held(_inside(origin[0])) else origin[0], pair[1])
    return (pair[0], b", ".join(_not_for_all(member.strip()) for member in _MEMBERS.findall(kept)))


def _not_for_all(member: bytes) -> bytes:
    name, equals, allowed = member.partition(b"=")
    who = allowed.strip(b"() \t").split()
    if not equals or not name.lower().startswith(b"ch-") or b"*" not in who:
        return member
    return b"%b=(%b)" % (name.rstrip(), b" ".join(b"self" if one == b"*" else one for one in who))


def _old_permissions(pair: Header, held: HeldUrl) -> Header | None:
    """``Feature-Policy``: the same with bare origins."""
    kept = [
        b" ".join(word for word in feature.split() if b"//" not in word or not held(_text(word)))
        for feature in pair[1].split(b";")
    ]
    return (pair[0], b"; ".join(kept))


def _inside(string: bytes) -> str:
    """The text of a quoted string."""
    return _text(string.strip(b'"'))


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip()


_CAREFUL: dict[bytes, Callable[[Header, HeldUrl], Header | None]] = {
    b"content-security-policy": _security_policy,
    b"content-security-policy-report-only": _security_policy,
    b"feature-policy": _old_permissions,
    b"link": _link,
    b"nel": _network_errors,
    b"permissions-policy": _permissions,
    b"refresh": _refresh,
    b"report-to": _reporting_groups,
    b"reporting-endpoints": _quoted_urls,
    b"sourcemap": _bare_url,
    b"speculation-rules": _quoted_urls,
    b"x-sourcemap": _bare_url,
}
WATCHED = _DROPPED.union(_CAREFUL)
"""The lines by which a browser may be made to ask somebody."""

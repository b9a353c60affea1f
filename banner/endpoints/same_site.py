"""Whether a request comes from a page of this very site, and where it may be sent back to."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from ..consent.standing import Standing

_PORTS = {"http": "80", "https": "443"}


def foreign(headers: Headers, standing: Standing) -> str | None:
    """Why the request can't have been made by a page of this site; None where nothing says so.

    ``Sec-Fetch-Site`` decides where the browser sends it (it can't be set by script). Else ``Origin`` must have the
    Host's host and port; the scheme is not compared, because TLS may end in front of us. ``null`` says nothing: a page
    with ``Referrer-Policy: no-referrer`` sends it with its own forms (Fetch §3.2). The token is asked for in any case.
    """
    site = headers.getlist("sec-fetch-site")
    if site:
        return None if site == ["same-origin"] else "the browser says that another site asked for this"
    for origin in headers.getlist("origin"):
        if origin != "null" and not _same_authority(origin, standing):
            return "the Origin is another site"
    return None


def _same_authority(origin: str, standing: Standing) -> bool:
    try:
        parsed = urlsplit(origin)
    except ValueError:
        return False
    if parsed.scheme not in _PORTS or not parsed.netloc:
        return False
    # The default port is that of the Origin's own scheme: behind a TLS terminator ours may be another.
    authority = _with_port(parsed.netloc, _PORTS[parsed.scheme])
    return authority in {
        _with_port(standing.host, port) for port in (_PORTS[parsed.scheme], _PORTS[standing.scheme])
    }


def _with_port(authority: str, default: str) -> str:
    authority = authority.lower()
    has_port = ":" in authority.rpartition("]")[2]
    return authority if has_port else f"{authority}:{default}"


def return_path(value: object) -> str:
    """*value* if it is a path on this site, else ``/``.

    Browsers read ``//host``, ``/\\\\host`` and a tab or newline between the slashes as another site (URL §4.4), so
    none of these passes.
    """
    if not isinstance(value, str) or len(value) > 2048 or not value.startswith("/"):
        return "/"
    if value.startswith(("//", "/\\")) or not value.isascii() or not value.isprintable():
        return "/"
    return value.replace(" ", "%20")


def page_around(headers: Headers, host: str) -> str:
    """The path and query of this site's page that a request comes from (``Referer``); ``/`` where nothing says so."""
    try:
        page = urlsplit(headers.get("referer", ""))
    except ValueError:
        return "/"
    if page.netloc.lower() != host:
        return "/"
    return return_path(f"{page.path}?{page.query}" if page.query else page.path)

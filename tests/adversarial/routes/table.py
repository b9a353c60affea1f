"""The table of routes, read from the files of the site: ``site/*.js``, ``site/markup.html``, ``site/documents.html``.

One entry is a name and what would reach a tracker or stay in the browser. Its kind says where to look for it:

- ``sends``: a request with ``/r/NAME`` in its path, at the tracker
- ``connects``: any packet at a port of its own, for what is no HTTP (STUN, QUIC, a connection made ahead)
- ``posts``: a request below the held path of the site's own host
- ``keeps``: a cookie, a storage key, a database or a cache named ``acme_NAME``
"""

import re
from dataclasses import dataclass
from pathlib import Path

SITE = Path(__file__).parent / "pages"
SCRIPTS = ("elements", "markup", "styles", "calls", "realms", "kept", "hostile")
_CALL = re.compile(r"^(alone\.)?(sends|connects|posts|keeps)\('([a-z0-9-]+)'", re.MULTILINE)
_SECTION = re.compile(r"^<!-- (\S+)(?: (\S[^\n]*?))? -->\n(.*?)(?=^<!-- |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Route:
    """One way to a tracker.

    *place* is where it is set off: a script's file name, ``markup`` (in one page with others), ``document`` (a
    document of its own) or ``noscript`` (by a visitor without JavaScript). *alone* says that a script runs in a frame's
    document of its own. *code* is the markup, empty for a script; *more* is a header line for a document.
    """

    name: str
    place: str
    kind: str = "sends"
    alone: bool = False
    code: str = ""
    more: str = ""


def _scripts() -> list[Route]:
    return [
        Route(name, file, kind, bool(alone))
        for file in SCRIPTS
        for alone, kind, name in _CALL.findall((SITE / f"{file}.js").read_text("utf-8"))
    ]


def _markup() -> list[Route]:
    return [
        Route(
            name,
            "noscript" if more == "without" else "markup",
            "connects" if more == "connects" else "sends",
            code=code,
        )
        for name, more, code in _SECTION.findall((SITE / "markup.html").read_text("utf-8"))
    ]


def _documents() -> list[Route]:
    text = (SITE / "documents.html").read_text("utf-8")
    return [Route(name, "document", code=code, more=more) for name, more, code in _SECTION.findall(text)]


ROUTES = {route.name: route for route in (*_scripts(), *_markup(), *_documents())}
EVERY = list(ROUTES.values())
assert len(ROUTES) == len(_scripts()) + len(_markup()) + len(_documents()), "a name is given twice"

"""What is known of routes in a browser: the ones that still get out, and the ones that lead nowhere there.

Each file in ``expected/`` is a list of names, one a line; what follows ``#`` is a remark. One that begins with *at
times* says that a route gets out or not as the moment is.
"""

from functools import cache
from pathlib import Path

from .table import EVERY, ROUTES

_FOLDER = Path(__file__).parent / "expected"
WITHOUT_SCRIPT = frozenset(route.name for route in EVERY if route.place == "noscript")


@cache
def gaps(browser: str, way: str) -> frozenset[str]:
    """The routes that still get out. Mending one means taking it off the list: a test insists."""
    return _names(f"{browser}-{way}.gaps")


@cache
def at_times(browser: str, way: str) -> frozenset[str]:
    """Those of them that get out on some visits and not on others."""
    return frozenset(
        name for name, remark in _lines(f"{browser}-{way}.gaps") if remark.startswith("at times")
    )


@cache
def alive(browser: str) -> frozenset[str]:
    """The routes that arrive after a grant: the others are not carried out by this browser, or not every time."""
    return frozenset(ROUTES) - WITHOUT_SCRIPT - _names(f"{browser}.idle")


@cache
def alive_in_strict(browser: str) -> frozenset[str]:
    """The same where a policy lets a declared host through at its own scheme's port alone."""
    elsewhere = {route.name for route in EVERY if route.kind == "connects" or "speculation" in route.name}
    return alive(browser) - elsewhere - {"img-host-with-dot"}


def _lines(file: str) -> list[tuple[str, str]]:
    """Each name with what is remarked about it."""
    path = _FOLDER / file
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(name.strip(), remark.strip()) for name, _, remark in (line.partition("#") for line in lines)]


def _names(file: str) -> frozenset[str]:
    names = frozenset(name for name, _ in _lines(file)) - {""}
    assert names <= ROUTES.keys(), f"{file} has names that are no routes: {sorted(names - ROUTES.keys())}"
    return names

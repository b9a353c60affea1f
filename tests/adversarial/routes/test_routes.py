"""Every route to a tracker, in each way to hold it: nothing gets past before a choice, after reject, after withdrawal.

All routes of one run are on a few pages that are visited once for each state; the tests look at what arrived at the
tracker and at what lies in the profile. ``python -m tests.adversarial.routes.survey chromium known`` prints the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from .browsers import running_chromium, running_firefox
from .expectations import WITHOUT_SCRIPT, alive, alive_in_strict, at_times, gaps
from .table import EVERY, ROUTES
from .visits import HELD_STATES, WITHOUT, Start, staged, survey

pytestmark = pytest.mark.browser

BROWSERS: dict[str, Start] = {"chromium": running_chromium, "firefox": running_firefox}


@dataclass(frozen=True)
class Run:
    """One browser and one way of holding: see :func:`~.visits.staged`."""

    browser: str
    way: str

    def __str__(self) -> str:
        return f"{self.browser}-{self.way}"


RUNS = [Run(browser, way) for browser in BROWSERS for way in ("known", "strict", "listed")]


@cache
def outcome(run: Run, *, whole: bool) -> dict[str, set[str]] | Exception:
    """What got out in each state. A failure is kept too, or each test would try again for a minute."""
    expected = alive_in_strict(run.browser) if run.way == "strict" else alive(run.browser)
    try:
        with (
            TemporaryDirectory() as folder,
            staged(BROWSERS[run.browser], run.way, Path(folder) / "data") as stage,
        ):
            return survey(stage, gaps(run.browser, run.way), expected, whole=whole)
    except Exception as error:  # whatever it is, it is raised by each test
        return error


def found(run: Run, *, whole: bool = True) -> dict[str, set[str]]:
    """The same, or what went wrong. The short one is a visitor who has not chosen yet, and what CI has time for."""
    result = outcome(run, whole=whole)
    if isinstance(result, Exception):
        raise result
    return result


def cases(states: tuple[str, ...]) -> Iterator[object]:
    """A case for each run, state and route, the cases of a run in one process."""
    for run in RUNS:
        names = alive(run.browser) if "after accept" in states else ROUTES.keys() - WITHOUT_SCRIPT
        for state in states:
            for route in EVERY:
                if route.name in names:
                    group = pytest.mark.xdist_group(f"routes-{run}")
                    yield pytest.param(run, state, route.name, id=f"{run}-{state}-{route.name}", marks=group)


runs = pytest.mark.parametrize(
    "run", [pytest.param(run, id=str(run), marks=pytest.mark.xdist_group(f"routes-{run}")) for run in RUNS]
)


@pytest.mark.parametrize(("run", "state", "name"), list(cases(HELD_STATES[:1])))
def test_nothing_gets_past_before_a_choice(run: Run, state: str, name: str) -> None:
    _held(found(run, whole=False)[state], run, name)


@pytest.mark.long
@pytest.mark.parametrize(("run", "state", "name"), list(cases(HELD_STATES[1:])))
def test_nothing_gets_past_after_a_refusal(run: Run, state: str, name: str) -> None:
    _held(found(run)[state], run, name)


def _held(out: set[str], run: Run, name: str) -> None:
    if name in out and name in gaps(run.browser, run.way):
        pytest.xfail("known to get out")
    assert name not in out, f"{name} ({ROUTES[name].place}) got out"


@pytest.mark.long
@pytest.mark.parametrize(
    ("run", "state", "name"), [case for case in cases(("after accept",)) if "known" in str(case)]
)
def test_it_arrives_after_a_grant(run: Run, state: str, name: str) -> None:
    """Else that it is held would prove nothing."""
    assert name in found(run)[state]


@pytest.mark.long
@runs
def test_a_grant_counts_in_strict_too(run: Run) -> None:
    expected = alive_in_strict(run.browser) if run.way == "strict" else alive(run.browser)
    assert sorted(expected - found(run)["after accept"]) == []


@runs
def test_what_is_mended_is_off_the_list(run: Run) -> None:
    always = gaps(run.browser, run.way) - at_times(run.browser, run.way)
    mended = sorted(always - found(run, whole=False)["before a choice"])
    assert mended == [], f"take these off expected/{run}.gaps"


@runs
def test_a_visitor_without_javascript(run: Run) -> None:
    assert found(run, whole=False)[WITHOUT] == set()

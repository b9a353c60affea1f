"""Prints what gets out: ``python -m tests.adversarial.routes.survey chromium known``.

With ``--write`` it makes that the lists in ``expected/``: what still gets out, and after a run in ``known`` mode what
the browser does not carry out even after a grant.
"""

import sys
from pathlib import Path

from .expectations import WITHOUT_SCRIPT
from .table import ROUTES
from .test_routes import Run, found
from .visits import HELD_STATES

FOLDER = Path(__file__).parent / "expected"


def main(browser: str, way: str, *options: str) -> None:
    """Survey one browser in one way of holding."""
    run = Run(browser, way)
    states = found(run)
    out = set().union(*(states[state] for state in HELD_STATES))
    idle = ROUTES.keys() - WITHOUT_SCRIPT - states["after accept"]
    for name in sorted(out, key=list(ROUTES).index):
        where = ", ".join(state for state in HELD_STATES if name in states[state])
        print(f"{ROUTES[name].place:10} {name:40} {where}")
    counts = ", ".join(f"{len(states[state])} {state}" for state in states)
    print(f"{run}: {counts}; of {len(ROUTES)} routes {len(idle)} lead nowhere in this browser")
    if "--write" in options:
        _write(FOLDER / f"{run}.gaps", out)
        if way == "known":
            _write(FOLDER / f"{browser}.idle", idle)


def _write(file: Path, names: "set[str]") -> None:
    """The names in the table's order; remarks on names that stay are kept."""
    before = file.read_text("utf-8").splitlines() if file.exists() else []
    remarks = {line.partition("#")[0].strip(): line for line in before if "#" in line}
    lines = [remarks.get(name, name) for name in ROUTES if name in names]
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

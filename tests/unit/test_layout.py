"""The layout keeps its promises: imports point one way, and no package is missing from the wheel."""

import ast
import graphlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {"proxy/rules": 0, "proxy/http": 0, "store": 1, "banner": 2, "proxy": 3, "proxy/command": 4}
SOURCES = sorted(path for top in ("proxy", "banner", "store") for path in (ROOT / top).rglob("*.py"))


def floor_of(path: Path) -> int:
    """The floor of the longest prefix of *path* that has one."""
    relative = path.relative_to(ROOT).as_posix()
    return max(
        (len(prefix), floor) for prefix, floor in FLOORS.items() if f"{relative}/".startswith(f"{prefix}/")
    )[1]


def imported(path: Path) -> list[Path]:
    """The files or folders of ours that *path* imports."""
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1]
            module = base.joinpath(*(node.module or "").split(".")) if node.module else base
            found += [
                module / alias.name if (module / alias.name).is_dir() else module for alias in node.names
            ]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("holdback."):
            found.append(ROOT.joinpath(*(node.module or "").split(".")[1:]))
    return [target for target in found if target.is_relative_to(ROOT)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_never_point_up(path: Path) -> None:
    up = [target for target in imported(path) if target != ROOT and floor_of(target) > floor_of(path)]
    assert up == []


def test_the_gate_does_no_io() -> None:
    forbidden = {"asyncio", "socket", "time", "os", "pathlib", "threading", "httptools", "sqlite3"}
    for path in (ROOT / "proxy/gate").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert not forbidden & {alias.name.partition(".")[0] for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] not in forbidden, path


def test_every_folder_is_packaged() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    code = [path for path in SOURCES if "migrations" not in path.parts]  # data of alembic's, not a package
    folders = {f"holdback.{'.'.join(path.parent.relative_to(ROOT).parts)}" for path in code}
    assert folders == set(setuptools["packages"])


def test_the_guard_has_no_circle() -> None:
    guard = ROOT / "banner/static/guard"
    files = [file for file in guard.rglob("*.js") if "node_modules" not in file.parts]
    below = {
        file: {
            (file.parent / name).resolve() for name in re.findall(r"from '(\.[^']+\.js)'", file.read_text())
        }
        for file in files
    }
    assert set().union(*below.values()) <= set(files)
    folders = {file.parent: set[Path]() for file in files}
    for file, names in below.items():
        folders[file.parent] |= {name.parent for name in names} - {file.parent}
    for graph in (below, folders):
        list(graphlib.TopologicalSorter(graph).static_order())  # raises where there is a circle


ROOMS = {"proxy": 51, "proxy/gate": 25, "proxy/markup": 30, "banner": 15, "store": 30}
"""Places whose folders and files are rooms, and how many arrows may run between them."""


def arrows(place: Path) -> set[tuple[str, str]]:
    """Which room of *place* imports which, by name; a package's own ``__init__`` is its face, not a room."""

    def room(path: Path) -> str:
        return path.relative_to(place).parts[0].removesuffix(".py")

    files = [path for path in place.rglob("*.py") if path.parent != place or path.name != "__init__.py"]
    inside = {
        (room(path), room(target)) for path in files for target in imported(path) if place in target.parents
    }
    return {(one, other) for one, other in inside if one != other}


@pytest.mark.parametrize(("name", "most"), ROOMS.items(), ids=list(ROOMS))
def test_rooms_stand_on_each_other_without_a_circle(name: str, most: int) -> None:
    between = arrows(ROOT / name)
    below: dict[str, set[str]] = {}
    for one, other in between:
        below.setdefault(one, set()).add(other)
    try:
        assert list(graphlib.TopologicalSorter(below).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"these rooms import each other: {' -> '.join(error.args[1])}")
    assert len(between) <= most


@pytest.mark.parametrize(("name", "most"), [("proxy", 1), ("banner", 6), ("store", 6)])
def test_what_lies_at_the_top_is_little(name: str, most: int) -> None:
    assert len(list((ROOT / name).glob("*.py"))) <= most

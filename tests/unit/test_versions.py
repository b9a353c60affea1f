"""The versions that are installed are written down, and are such as ``pyproject.toml`` asks for."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = [
    Requirement(line)
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for line in lines
    if not line.startswith("holdback[")
]
PINNED = {
    name: version
    for name, _, version in (
        line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#"
    )
}


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_a_version_is_written_down_that_will_do(wanted: Requirement) -> None:
    """`make versions` writes them."""
    assert PINNED.get(canonicalize_name(wanted.name), "none") in wanted.specifier

"""The guard's two halves fit: no type checker sees across what the proxy joins."""

import re
from pathlib import Path

from holdback.banner.guard.config import GuardConfig, guard_file, guard_script
from holdback.proxy.rules.model import Released
from holdback.proxy.rules.rulebook import Rulebook

GUARD = Path(__file__).parents[3] / "banner" / "static" / "guard"
REST = GUARD / "rest"


def names(text: str) -> set[str]:
    """The names in the list of an import or an export."""
    return {name.split()[0] for name in text.split(",") if name.strip()}


def test_the_rest_gets_every_part_that_it_takes_and_no_other() -> None:
    taken = re.search(r"export const \{(.*?)\} = PARTS;", (REST / "parts.js").read_text(), re.DOTALL)
    given = re.search(r"Object\.assign\(parts, \{(.*?)\}\);", (GUARD / "main.js").read_text(), re.DOTALL)
    assert taken is not None
    assert given is not None
    assert set(re.findall(r"^  (\w+)[,:]", given[1], re.MULTILINE)) == names(taken[1])
    used = {
        name
        for file in REST.glob("*.js")
        for found in re.findall(r"import \{([^}]*)\} from './parts\.js'", file.read_text())
        for name in names(found)
    }
    assert used == names(taken[1])


def test_the_rest_has_every_function_that_the_guard_calls_and_no_other() -> None:
    exported = {
        name
        for found in re.findall(r"export \{([^}]*)\}", (REST / "main.js").read_text())
        for name in names(found)
    }
    sources = [
        file.read_text() for file in GUARD.rglob("*.js") if not {"node_modules", "rest"} & {*file.parts}
    ]
    called = {name for text in sources for name in re.findall(r"\brest\(\)\s*\.(\w+)", text)}
    assert called == exported


def test_a_page_with_an_outline_has_the_first_half_and_the_file_has_both() -> None:
    config = GuardConfig("/_hb", Rulebook.load().guard_facts(Released()))
    first = guard_script(config, file="/_hb/guard-0.js", outline=True)
    whole, file = guard_script(config), guard_file(config, "p {}")
    assert b"function(PARTS,self)" not in first
    assert b"function(PARTS,self)" in whole
    assert b"function(PARTS,self)" in file
    assert len(first) < len(whole) - 12_000

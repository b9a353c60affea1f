"""Every regular expression: linear in its text, whatever the text is, and none that CPython trips over.

A site and its visitors choose what most patterns are matched with. One that is not linear lets a header of a hundred
bytes stop a worker for minutes.
"""

import ast
import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import holdback.banner
import holdback.proxy
import holdback.store
import pytest

from tests.support.backtracking import Matcher, groups_in_possessive, worst

LINEAR = 2.5
"""Twice the text may take at most so many times the steps: 2 is linear, 4 would be quadratic."""
NEVER_FROM_OUTSIDE = {"holdback.proxy.rules.build_wide", "holdback.banner.notice.templating"}
"""Modules whose patterns see our own files only."""
MATCHED = {"HEAD", "HTML", "HTML_AT_HOME", "SVG", "_IMPORTED"}
"""Patterns with which is only matched, by the tokenizer, or where a word was found; what they pass over has a limit."""
SEARCHING = {"search", "findall", "finditer", "sub", "subn", "split"}


def modules() -> Iterator[ModuleType]:
    for package in (holdback.proxy, holdback.banner, holdback.store):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if ".migrations" not in found.name and not found.name.endswith(("__main__", "._passing")):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # mitmproxy's
                    yield importlib.import_module(found.name)


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from patterns_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from patterns_in(one)


def uses(module: ModuleType) -> dict[str, set[str]]:
    """The methods that are called of each name in *module*'s source."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node.value).partition("[")[0]
            found.setdefault(name, set()).add(node.attr)
    return found


def inline(module: ModuleType) -> Iterator[tuple[re.Pattern[Any], str]]:
    """Patterns that are written where they are used, as ``re.sub(r"…", …)``, with the function's name."""
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in {f"re.{name}" for name in SEARCHING | {"match", "fullmatch"}}
            and isinstance(node.args[0], ast.Constant)
        ):
            yield re.compile(node.args[0].value), ast.unparse(node.func)[3:]


def every_pattern() -> Iterator[Any]:
    seen: dict[re.Pattern[Any], str] = {}
    for module in modules():
        if module.__name__ in NEVER_FROM_OUTSIDE:
            continue
        used = uses(module)
        for pattern, method in inline(module):
            yield pytest.param(pattern, method in SEARCHING, id=f"{module.__name__}-{pattern.pattern}")
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                methods = used.get(name, set())
                # Where it can't be told how a pattern is used, the harder way is assumed.
                search = bool(methods & SEARCHING) or (
                    name not in MATCHED and not methods & {"match", "fullmatch"}
                )
                key = f"{module.__name__}.{name}"
                if pattern not in seen:
                    seen[pattern] = key
                    yield pytest.param(pattern, search, id=f"{key}-{len(seen)}")


EVERY = list(every_pattern())


def test_there_are_patterns() -> None:
    assert len(EVERY) > 60


@pytest.mark.parametrize(("pattern", "search"), EVERY)
def test_is_linear(pattern: re.Pattern[Any], search: bool) -> None:
    cost = worst(pattern.pattern, pattern.flags, search=search)
    assert cost is None or cost.growth < LINEAR, cost


@pytest.mark.parametrize(("pattern", "search"), EVERY)
def test_has_no_group_in_a_possessive_repeat(pattern: re.Pattern[Any], search: bool) -> None:
    assert not groups_in_possessive(pattern.pattern, pattern.flags)


JAVASCRIPT = Path(holdback.banner.__path__[0]) / "static"
_LITERAL = re.compile(
    r"(?<=[(,=:\[!&|?{};\s])/((?![*/ ])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([gimsuy]*)(?=[\s.,;)\]])",
    re.MULTILINE,
)
"""A regular expression in JavaScript, as ours are written: behind an operator, in front of one or of a dot."""


def in_the_guard() -> Iterator[Any]:
    for file in sorted(JAVASCRIPT.glob("guard/**/*.js")):
        if "node_modules" in file.parts:
            continue
        for line in file.read_text("utf-8").splitlines():
            if not line.lstrip().startswith(("//", "*")):
                for source, flags in _LITERAL.findall(line):
                    yield pytest.param(source, flags, id=f"{file.name}:{source[:40]}")


GUARD = list(in_the_guard())


def test_there_are_patterns_in_the_guard() -> None:
    assert len(GUARD) > 50


@pytest.mark.parametrize(("source", "flags"), GUARD)
def test_is_linear_in_the_guard(source: str, flags: str) -> None:
    known = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE}
    cost = worst(source, sum(known.get(flag, 0) for flag in flags), search="y" not in flags)
    assert cost is None or cost.growth < LINEAR, cost


@pytest.mark.parametrize(
    ("pattern", "search", "growth"),
    [
        (r"(?:a+)+b", False, 10),
        (r"(?:\s|<!--.*?-->)*<html", False, 10),
        (r"a*a*b", False, 3),
        (r"\s+$", True, 3),
        (r'"(?:[^"\\]|\\.)*"', True, 3),
    ],
)
def test_what_is_not_linear_is_found(pattern: str, search: bool, growth: float) -> None:
    cost = worst(pattern, re.DOTALL, search=search, tries=20)
    assert (cost.growth if cost else 1) >= growth


@pytest.mark.parametrize("pattern", [r"(?:a++)++b", r"(?>a+)b", r"[^<]*+<", r"(?:\s++|//[^\n]*+\n)*+x"])
def test_what_is_linear_is_not(pattern: str) -> None:
    cost = worst(pattern, 0, search=False)
    assert cost is None or cost.growth < LINEAR


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"(?:ab|a)*+c", "ababac"), (r"(a|b)\1x", "aax"), (r"(?=ab)a.(?!c)", "abd"), (r"(?i)X{2,3}?y", "xxxY")],
)
def test_the_matcher_matches_as_re_does(pattern: str, text: str) -> None:
    matcher = Matcher(pattern, 0)
    for end in range(len(text) + 1):
        ours = next(matcher._row(list(matcher.tree), 0, text[:end], 0, {}), None)
        theirs = re.match(pattern, text[:end])
        assert ours == (theirs.end() if theirs else None)

"""Counts what a backtracking matcher does with a regular expression, and looks for the strings that cost it most.

``re`` can't be asked how much work a match was, and time is no measure on a busy machine. So patterns are run here by a
small matcher that works as CPython's does (same parse tree, same order of trying, same possessive and atomic groups)
and counts its steps. :func:`worst` makes strings of a pattern's own parts, repeats each part that the pattern may
repeat, spoils the end, and doubles: where twice the string takes much more than twice the steps, the pattern is not
linear.
"""

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

sys.setrecursionlimit(max(sys.getrecursionlimit(), 60_000))

ENOUGH = 60_000
"""Steps at which counting stops: whatever takes so many for a few hundred characters is not linear."""

type Node = tuple[Any, Any]


class TooMuch(Exception):
    """More steps than :data:`ENOUGH`."""


class Matcher:
    """Matches *pattern* and counts :attr:`steps`."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.tree = parser.parse(pattern, flags)
        self.flags = self.tree.state.flags
        self.steps = 0

    def work(self, text: str, *, search: bool) -> int:
        """The steps for *text*: one match at its start, or (*search*) all matches from its start to its end."""
        self.steps = 0
        at = 0
        try:
            while at <= len(text):
                end = next(self._row(list(self.tree), 0, text, at, {}), None)
                self._step()
                if not search:
                    break
                at = at + 1 if end is None or end == at else end
        except TooMuch:
            self.steps = ENOUGH * 1000
        return self.steps

    def _step(self) -> None:
        self.steps += 1
        if self.steps > ENOUGH:
            raise TooMuch

    def _row(
        self, nodes: list[Node], index: int, text: str, at: int, groups: dict[int, str]
    ) -> Iterator[int]:
        """Every end of *nodes* from *index* on, in the order in which they are tried."""
        if index == len(nodes):
            yield at
            return
        for end in self._one(nodes[index], text, at, groups):
            yield from self._row(nodes, index + 1, text, end, groups)

    def _one(self, node: Node, text: str, at: int, groups: dict[int, str]) -> Iterator[int]:
        self._step()
        kind, what = node
        if kind in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY, sre.RANGE, sre.CATEGORY):
            if at < len(text) and self._fits(node, text[at]):
                yield at + 1
        elif kind is sre.BRANCH:
            for branch in what[1]:
                yield from self._row(list(branch), 0, text, at, groups)
        elif kind is sre.SUBPATTERN:
            for end in self._row(list(what[3]), 0, text, at, groups):
                if what[0] is not None:
                    groups[what[0]] = text[at:end]
                yield end
        elif kind is sre.ATOMIC_GROUP:
            yield from _first(self._row(list(what), 0, text, at, groups))
        elif kind is sre.POSSESSIVE_REPEAT:
            yield from _first(self._repeat(what, text, at, groups, lazy=False, atomic=True))
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield from self._repeat(what, text, at, groups, lazy=kind is sre.MIN_REPEAT)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, inner = what
            found = direction < 0 or next(self._row(list(inner), 0, text, at, groups), None) is not None
            if found == (kind is sre.ASSERT) or direction < 0:
                yield at
        elif kind is sre.GROUPREF:
            if text.startswith(groups.get(what, "\0"), at):
                yield at + len(groups.get(what, ""))
        elif kind is sre.AT:
            if self._stands(what, text, at):
                yield at
        else:
            raise NotImplementedError(str(kind))

    def _repeat(
        self, what: Any, text: str, at: int, groups: dict[int, str], *, lazy: bool, atomic: bool = False
    ) -> Iterator[int]:
        low, high, body = what
        nodes = list(body)
        if len(nodes) == 1 and nodes[0][0] in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            yield from self._run(nodes[0], low, high, text, at, lazy=lazy)
        elif atomic:
            count = 0
            while count < high and (end := next(self._row(nodes, 0, text, at, groups), None)) is not None:
                count += 1
                if end == at:
                    break
                at = end
            if count >= low:
                yield at
        else:
            yield from self._again(nodes, low, high, text, at, groups, 0, lazy)

    def _again(
        self,
        nodes: list[Node],
        low: int,
        high: Any,
        text: str,
        at: int,
        groups: dict[int, str],
        count: int,
        lazy: bool,
    ) -> Iterator[int]:
        self._step()
        if lazy and count >= low:
            yield at
        if count < high:
            for end in self._row(nodes, 0, text, at, groups):
                if end > at or count < low:
                    yield from self._again(nodes, low, high, text, end, groups, count + 1, lazy)
        if not lazy and count >= low:
            yield at

    def _run(self, node: Node, low: int, high: Any, text: str, at: int, *, lazy: bool) -> Iterator[int]:
        """A repeat of one character: CPython counts how many fit and then gives back one by one."""
        if lazy:
            end = at
            while True:
                self._step()
                if end - at >= low:
                    yield end
                if end - at >= high or end >= len(text) or not self._fits(node, text[end]):
                    return
                end += 1
        end = at
        while end < len(text) and end - at < high and self._fits(node, text[end]):
            self._step()
            end += 1
        while end - at >= low:
            self._step()
            yield end
            end -= 1

    def _fits(self, node: Node, character: str) -> bool:
        kind, what = node
        if self.flags & re.IGNORECASE:
            return self._is(kind, what, character.lower()) or self._is(kind, what, character.upper())
        return self._is(kind, what, character)

    def _is(self, kind: Any, what: Any, character: str) -> bool:
        code = ord(character)
        if kind is sre.LITERAL:
            return bool(what == code)
        if kind is sre.NOT_LITERAL:
            return bool(what != code)
        if kind is sre.ANY:
            return bool(self.flags & re.DOTALL) or character != "\n"
        if kind is sre.RANGE:
            return bool(what[0] <= code <= what[1])
        if kind is sre.CATEGORY:
            return _in_category(what, character)
        negated = what[0][0] is sre.NEGATE
        return any(self._is(inner, value, character) for inner, value in what[negated:]) != negated

    def _stands(self, what: Any, text: str, at: int) -> bool:
        if what in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
            return at == 0 or (bool(self.flags & re.MULTILINE) and text[at - 1] == "\n")
        if what in (sre.AT_END, sre.AT_END_STRING):
            return at == len(text) or (what is sre.AT_END and text[at:] == "\n")
        before = at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")
        after = at < len(text) and (text[at].isalnum() or text[at] == "_")
        return (before != after) == (what is sre.AT_BOUNDARY)


def _first(ends: Iterator[int]) -> Iterator[int]:
    end = next(ends, None)
    if end is not None:
        yield end


def _in_category(what: Any, character: str) -> bool:
    name = str(what)
    is_in = (
        character.isspace()
        if "SPACE" in name
        else character.isdigit()
        if "DIGIT" in name
        else character.isalnum() or character == "_"
    )
    return is_in != ("NOT" in name)


@dataclass(frozen=True)
class Cost:
    """A string of *repeated* parts between *before* and *after*, and the steps for each doubling."""

    before: str
    repeated: str
    after: str
    steps: tuple[int, ...]

    @property
    def growth(self) -> float:
        """By how much the last doubling multiplied the steps; 2 is linear, 4 quadratic."""
        return self.steps[-1] / self.steps[-2]


class _Maker:
    """Makes strings of a pattern's parts."""

    def __init__(self, matcher: Matcher, chance: random.Random) -> None:
        self._matcher = matcher
        self._chance = chance
        letters = {chr(value) for value in _literals(list(matcher.tree))} | set('a \n"<-')
        self._letters = sorted(letters)

    def split(self, target: Any) -> tuple[str, str]:
        """What stands before and behind the repeat *target* in one string that the pattern might match."""
        text = self._text(list(self._matcher.tree), target)
        before, _, after = text.partition("\ue000")
        return before, after.replace("\ue000", "")

    def body(self, target: Any) -> str:
        """One turn of the repeat *target*."""
        return self._text(list(target[2]), None)

    def _text(self, nodes: list[Node], target: Any) -> str:
        return "".join(self._of(node, target) for node in nodes)

    def _of(self, node: Node, target: Any) -> str:
        kind, what = node
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            if what is target:
                return "\ue000"
            low = max(what[0], 1 if _within(list(what[2]), target) else self._chance.choice((0, 1)))
            return "".join(self._text(list(what[2]), target) for _ in range(min(low, 40)))
        if kind is sre.BRANCH:
            having = [list(branch) for branch in what[1] if _within(list(branch), target)]
            return self._text(having[0] if having else list(self._chance.choice(what[1])), target)
        if kind is sre.SUBPATTERN:
            return self._text(list(what[3]), target)
        if kind is sre.ATOMIC_GROUP:
            return self._text(list(what), target)
        if kind in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            fitting = [letter for letter in self._letters if self._matcher._fits(node, letter)]
            if fitting:
                return self._chance.choice(fitting)
            return next((chr(code) for code in range(256) if self._matcher._fits(node, chr(code))), "")
        return ""


def _children(node: Node) -> list[list[Node]]:
    kind, what = node
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [list(what[2])]
    if kind is sre.BRANCH:
        return [list(branch) for branch in what[1]]
    if kind is sre.SUBPATTERN:
        return [list(what[3])]
    if kind is sre.ATOMIC_GROUP:
        return [list(what)]
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return [list(what[1])]
    return []


def _within(nodes: list[Node], target: Any) -> bool:
    return any(
        node[1] is target or any(_within(child, target) for child in _children(node)) for node in nodes
    )


def _literals(nodes: list[Node]) -> Iterator[int]:
    for node in nodes:
        kind, what = node
        if kind in (sre.LITERAL, sre.NOT_LITERAL):
            yield what
        elif kind is sre.IN:
            yield from (value for inner, value in what if inner is sre.LITERAL)
            yield from (value[0] for inner, value in what if inner is sre.RANGE)
        for child in _children(node):
            yield from _literals(child)


def _repeats(nodes: list[Node]) -> Iterator[Any]:
    for node in nodes:
        kind, what = node
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and what[1] > 30:
            yield what
        for child in _children(node):
            yield from _repeats(child)


def groups_in_possessive(pattern: str | bytes, flags: int) -> bool:
    """Whether a capturing group stands inside a possessive repeat or an atomic group.

    CPython 3.13.0 may raise ``SystemError: The span of capturing group is wrong`` for such a pattern.
    """

    def inside(nodes: list[Node], possessive: bool) -> bool:
        for node in nodes:
            kind, what = node
            if possessive and kind is sre.SUBPATTERN and what[0] is not None:
                return True
            closed = possessive or kind in (sre.POSSESSIVE_REPEAT, sre.ATOMIC_GROUP)
            if any(inside(child, closed) for child in _children(node)):
                return True
        return False

    return inside(list(parser.parse(pattern, flags)), False)


def worst(pattern: str | bytes, flags: int, *, search: bool, tries: int = 10, seed: int = 0) -> Cost | None:
    """The string, of those that were tried, whose steps grow fastest as it grows; None where nothing can repeat."""
    matcher = Matcher(pattern, flags & ~re.DEBUG)
    chance = random.Random(seed)
    maker = _Maker(matcher, chance)
    found: Cost | None = None
    targets = list(_repeats(list(matcher.tree)))
    for target in targets:
        for _ in range(tries):
            before, after = maker.split(target)
            turns = [maker.body(target) or maker.body(target)]
            if chance.random() < 0.3:
                turns.append(maker.body(target))
            repeated = "".join(turns) or "a"
            if search and chance.random() < 0.4:
                # What a search begins again with, each time that it failed.
                repeated = before + repeated
            for end in {"", "\0", "!", after[:-1], after}:
                cost = _cost(matcher, before, repeated, end, search=search)
                if cost is not None and (found is None or cost.growth > found.growth):
                    found = cost
                    if cost.growth >= 3.5:
                        return found
    return found


def _cost(matcher: Matcher, before: str, repeated: str, after: str, *, search: bool) -> Cost | None:
    def steps(times: int) -> int:
        return matcher.work(before + repeated * times + after, search=search)

    few, more = steps(8), steps(16)
    if more < 2.6 * few + 40:
        return None
    if more > ENOUGH:
        return Cost(before, repeated, after, (few, more))
    return Cost(before, repeated, after, (few, more, steps(32), steps(64)))

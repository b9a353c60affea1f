"""EasyPrivacy, EasyList, or any list in their syntax (Adblock Plus, "How to write filters"): files of the owner's own.

Of a list what counts is which addresses it names. What it hides in pages, what it says of windows that pop up, and
rules in the form of regular expressions, which could take for ever, are passed over. What kind of thing is asked for is
not known here: a rule for one kind covers all that are part of a page, and so does an exception, so that a site works.

Addresses on the site's own host are not looked up: generic rules (``/analytics.js``) would break sites.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from .model import Purpose
from .urls import Address, without_port

_COSMETIC = re.compile(r"#@?[$?%]?#")
_OPTION = re.compile(r"~?[\w-]+(?:=.*)?")
_WHOLE_HOST = re.compile(r"\|\|([a-z0-9.-]+)\^(\$third-party|\$3p)?")
_ITS_HOST = re.compile(r"\|\|([a-z0-9.-]+)")
_WORD = re.compile(r"[a-z0-9%]{2,}")
_MODIFIED = re.compile(r"! Last modified: (\d{1,2} \w{3} \d{4})")
_PART_OF_A_PAGE = frozenset(
    {
        *("script", "image", "stylesheet", "css", "xmlhttprequest", "xhr", "subdocument", "frame"),
        *("ping", "beacon", "media", "font", "websocket", "object", "other"),
    }
)
_MATTERS_NOT = frozenset({"important", "all", "collapse", "~collapse", "empty", "mp4"})
_OF_ITS_PARTY = {
    **dict.fromkeys(("third-party", "3p", "~first-party", "~1p"), True),
    **dict.fromkeys(("~third-party", "~3p", "first-party", "1p"), False),
}
_SEPARATOR = r"(?:[^\w.%-]|$)"


@dataclass(frozen=True, slots=True)
class Source:
    """A list that an owner may have: its ``name``, what it holds for, and the file that it is in."""

    name: str
    purpose: Purpose
    file: Path

    def read(self) -> "FilterList":
        """The list. Raises OSError where it can't be read."""
        text = self.file.read_text("utf-8", "replace")
        when = _modified(text) or datetime.fromtimestamp(self.file.stat().st_mtime, UTC).date()
        return FilterList(text, self.name, self.purpose, when)


class FilterList:
    """A list of trackers: ``name`` and ``when`` it was made for people to read, ``purpose`` what each is held for.

    ``digest`` is the SHA-256 of the list in hex; ``rules`` says how many count.
    """

    def __init__(
        self, text: str, name: str = "", purpose: Purpose = Purpose.ANALYTICS, when: date | None = None
    ) -> None:
        self.name = name
        self.purpose = purpose
        self.when = when
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self._hosts: dict[str, bool] = {}
        """Hosts of which everything is named, and whether for third parties alone."""
        blocking: list[str] = []
        excepting: list[str] = []
        for line in map(str.strip, text.splitlines()):
            if not line or line[0] in "![" or _COSMETIC.search(line):
                continue
            if (whole := _WHOLE_HOST.fullmatch(line)) is not None:
                self._hosts[whole[1]] = bool(whole[2]) and self._hosts.get(whole[1], True)
            elif line.startswith("@@"):
                excepting.append(line[2:])
            else:
                blocking.append(line)
        self._blocking, self._excepting = _Rules(blocking), _Rules(excepting)
        self.rules = len(self._hosts) + len(self._blocking) + len(self._excepting)

    def find(self, address: Address, own_host: str) -> str | None:
        """The rule that covers *address* on a page of *own_host* (``host`` or ``host:port``), or None."""
        own = without_port(own_host)
        if address.host == own:
            return None
        asked = _Asked(address, own)
        rule = self._whole_host(asked) or self._blocking.find(asked)
        return None if rule is None or self._excepting.find(asked) is not None else rule

    def find_host(self, host: str, own_host: str) -> str | None:
        """The rule that covers all of *host* (lower-case ASCII) on a page of *own_host*, or None.

        A host that has an exception for such a page counts as not covered, whatever path that is for.
        """
        address = Address(host, "", "/", "")
        rule = self.find(address, own_host)
        if rule is None or self._excepting.is_about(_Asked(address, without_port(own_host))):
            return None
        return rule

    def _whole_host(self, asked: "_Asked") -> str | None:
        host = asked.host
        while host:
            third_party_only = self._hosts.get(host)
            if third_party_only is not None and (asked.is_third_party or not third_party_only):
                return f"||{host}^"
            _, _, host = host.partition(".")
        return None


class _Asked:
    """An address that is looked up, and the host of the page."""

    def __init__(self, address: Address, own: str) -> None:
        self.host = address.host
        self.own = own
        self.as_written = (
            f"https://{address.host}{address.path}{f'?{address.query}' if address.query else ''}"
        )
        self.url = self.as_written.lower()
        self.is_third_party = not _related(address.host, own)

    def words(self) -> Iterable[str]:
        """Each run of letters and digits once."""
        return set(_WORD.findall(self.url))


class _Rules:
    """Rules that are not about a whole host, each filed under a word that every address has which it covers.

    Of several words the one that the fewest rules have: a common one would have thousands of them looked at.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counting = [(text, _words_of(pattern)) for text in texts for pattern in [_counting(text)] if pattern]
        many = Counter(word for _, words in counting for word in words)
        self._by_word: dict[str, list[str]] = {}
        self._others: list[str] = []
        for text, words in counting:
            word = min(words, key=lambda one: (many[one], -len(one)), default="")
            (self._by_word.setdefault(word, []) if word else self._others).append(text)
        self._read: dict[str, _Rule] = {}
        self._count = len(counting)
        self._by_host: dict[str, list[str]] = {}
        for text, _ in counting:
            if (host := _ITS_HOST.match(text)) is not None:
                self._by_host.setdefault(host[1], []).append(text)

    def __len__(self) -> int:
        return self._count

    def find(self, asked: _Asked) -> str | None:
        """The first rule that covers what is *asked*, or None."""
        for text in self._candidates(asked):
            if self._rule(text).covers(asked):
                return text
        return None

    def is_about(self, asked: _Asked) -> bool:
        """Whether a rule for such a page names the asked host, or one above it, and any path there."""
        host = asked.host
        while host:
            if any(self._rule(text).counts_on(asked) for text in self._by_host.get(host, ())):
                return True
            _, _, host = host.partition(".")
        return False

    def _rule(self, text: str) -> "_Rule":
        if text not in self._read:
            self._read[text] = _Rule.of(text)
        return self._read[text]

    def _candidates(self, asked: _Asked) -> Iterator[str]:
        for word in asked.words():
            yield from self._by_word.get(word, ())
        yield from self._others


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that was read: the parts between its wildcards, and where they must stand."""

    parts: tuple[re.Pattern[str], ...]
    at_host: bool
    at_start: bool
    at_end: bool
    match_case: bool
    third_party: bool | None
    pages: tuple[str, ...]
    other_pages: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Rule":
        pattern, options = _split(text)
        third_party: bool | None = None
        pages: list[str] = []
        others: list[str] = []
        for option in options:
            name, _, value = option.partition("=")
            if name in _OF_ITS_PARTY:
                third_party = _OF_ITS_PARTY[name]
            elif name in ("domain", "from"):
                for page in value.lower().split("|"):
                    (others if page.startswith("~") else pages).append(page.removeprefix("~"))
        match_case = "match-case" in options
        if not match_case:
            pattern = pattern.lower()
        at_host, at_end = pattern.startswith("||"), pattern.endswith("|") and len(pattern) > 2
        at_start = not at_host and pattern.startswith("|")
        body = pattern[2 if at_host else 1 if at_start else 0 : -1 if at_end else None]
        parts = body.split("*")
        return cls(
            tuple(
                _compiled(part, last=at_end and number == len(parts) - 1) for number, part in enumerate(parts)
            ),
            at_host,
            at_start,
            at_end,
            match_case,
            third_party,
            tuple(pages),
            tuple(others),
        )

    def counts_on(self, asked: _Asked) -> bool:
        """Whether it is for the page that asks."""
        if self.third_party is not None and self.third_party is not asked.is_third_party:
            return False
        if self.pages and not _is_of(asked.own, self.pages):
            return False
        return not (self.other_pages and _is_of(asked.own, self.other_pages))

    def covers(self, asked: _Asked) -> bool:
        """Whether it covers what is *asked*."""
        if not self.counts_on(asked):
            return False
        url = asked.as_written if self.match_case else asked.url
        return any(self._follows(url, at) for at in self._starts(url, asked.host))

    def _starts(self, url: str, host: str) -> Iterator[int]:
        """Where the first part may stand; -1 where it may stand anywhere."""
        if self.at_start:
            yield 0
        elif self.at_host:
            begin = url.index("://") + 3
            yield begin
            for at, character in enumerate(host):
                if character == ".":
                    yield begin + at + 1
        else:
            yield -1

    def _follows(self, url: str, start: int) -> bool:
        """Whether the parts come one after the other, each where it first stands: what follows has most room then."""
        at = max(start, 0)
        for number, part in enumerate(self.parts):
            found = part.match(url, at) if number == 0 and start >= 0 else part.search(url, at)
            if found is None:
                return False
            at = found.end()
        return True


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    pattern, mark, rest = text.rpartition("$")
    options = tuple(rest.split(","))
    return (pattern, options) if mark and all(map(_OPTION.fullmatch, options)) else (text, ())


def _counting(text: str) -> str:
    """The pattern of a rule that is about what pages ask for, in words that are understood; of any other, empty."""
    pattern, options = _split(text)
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return ""
    kinds = set()
    for option in options:
        name = option.partition("=")[0]
        if (
            name in _MATTERS_NOT
            or name in _OF_ITS_PARTY
            or name in ("domain", "from", "match-case", "redirect")
        ):
            continue
        if name.removeprefix("~") not in _PART_OF_A_PAGE and name not in ("popup", "document", "doc"):
            return ""
        if not name.startswith("~"):
            kinds.add(name)
    counts = (not kinds or bool(kinds & _PART_OF_A_PAGE)) and bool(pattern.strip("*|^"))
    return pattern if counts else ""


def _words_of(pattern: str) -> list[str]:
    """The words that every covered address has as a whole."""
    pattern = pattern.lower()
    return [
        match[0]
        for match in _WORD.finditer(pattern)
        if _ends(pattern[: match.start()], begins=True) and _ends(pattern[match.end() :], begins=False)
    ]


def _ends(rest: str, *, begins: bool) -> bool:
    """Whether a word is whole on the side of *rest*: what stands there in the address is no letter of it."""
    beside = rest[-1:] if begins else rest[:1]
    return bool(beside) and beside != "*"


def _compiled(part: str, *, last: bool) -> re.Pattern[str]:
    text = _SEPARATOR.join(map(re.escape, part.split("^")))
    return re.compile(text + r"\Z" if last else text)


def _is_of(own: str, pages: Iterable[str]) -> bool:
    """Whether *own* is one of *pages*, or below one; ``example.*`` is that name under any suffix."""
    for page in pages:
        if page.endswith(".*"):
            if f".{own}".find(f".{page[:-1]}") >= 0:
                return True
        elif own == page or own.endswith(f".{page}"):
            return True
    return False


def _related(host: str, own: str) -> bool:
    """Whether one of two hosts lies below the other: the nearest to *same party* without the public suffix list."""
    return bool(own) and (host.endswith(f".{own}") or own.endswith(f".{host}") or host == own)


def _modified(text: str) -> date | None:
    found = _MODIFIED.search(text[:2000])
    try:
        return datetime.strptime(found[1], "%d %b %Y").replace(tzinfo=UTC).date() if found else None
    except ValueError:
        return None

"""How held markup is written: a start tag with its edits, and a style without what is held in it.

What the guard relies on:

- A held element has ``data-hb`` with the ids of its services, separated by spaces.
- Every attribute ``X`` that was live is called ``data-hb-X``. Meanwhile a frame may have a ``src`` of ours, which is
  loaded when it comes into sight. With a preload's address its ``rel`` is renamed too.
- A script or style has ``type="text/plain"``, and its own type in ``data-hb-type``.
- A script has in ``data-hb-names`` what it, or the library that it begins, would have defined for the site's own
  scripts to call, by its service (``google-analytics=gtag,ga``).

A page's own ``data-hb…`` attributes become ``data-x-hb…``, so that no page can release itself.
"""

from dataclasses import dataclass, field
from html import escape

from ..judging.held import Finding, value_of
from ..judging.judge import Judge
from ..judging.styles import held_in, neutralised
from ..reading.attributes import Attribute, attributes, open_quote
from ..reading.tokenizer import Token

OURS = b"data-hb"
_WITH_CODE = frozenset({b"script", b"style"})
_LAZILY = b' loading="lazy" data-hb-loading=""'
"""A page may have many videos, and each page of ours in a frame takes a request and a realm. Once released, the frame
has ``loading=""``, which means what no such attribute means (HTML, "lazy loading attributes")."""


@dataclass(slots=True)
class StartTag:
    """A start tag, cut out of the page. Positions count from its ``<``."""

    raw: bytes
    name: bytes
    """Lower-case; in XML without its prefix."""
    name_end: int
    found: list[Attribute]
    finding: Finding = field(default_factory=Finding)
    values: dict[int, bytes] = field(default_factory=dict)
    """New values, in quotes, by the position of the attribute."""
    placeholder: str | None = None
    """What a frame shows while it is held."""
    closer: bytes = b""
    """What would complete a tag that the end of the page cut off."""

    @classmethod
    def of(cls, raw: bytes, token: Token, *, xml: bool) -> "StartTag":
        """The tag of *token*. One that is too long has no attributes any more; one that was cut off has all."""
        name = token.name
        name_end = token.name_end - token.start
        closer = b""
        if token.oversize:
            # What stands in a script with an address is not run, and must not be because the address is gone.
            raw = raw[:name_end] + (b' type="text/plain">' if name == b"script" else b">")
        elif not token.finished:
            closer = open_quote(raw, name_end) + b">"
        if xml:
            name = name.rpartition(b":")[2]
        whole = raw + closer
        found = attributes(whole, name_end, len(whole)) if len(whole) > name_end + 1 else []
        return cls(raw, name, name_end, found, closer=closer)

    @property
    def self_closing(self) -> bool:
        """Whether it ends in ``/>``, and the slash belongs to no value."""
        if self.raw[-2:-1] != b"/":
            return False
        return not self.found or self.found[-1].end < len(self.raw) - 1

    def raw_value(self, name: bytes) -> bytes | None:
        """The value, undecoded, of the attribute called *name* that a browser goes by."""
        for attribute in self.found:
            if attribute.name == name:
                return attribute.value
        return None

    def written(self, judge: Judge | None = None, *, xml: bool = False, out_of_place: bool = False) -> bytes:
        """The tag, inert as far as it is held; a script names what it would have defined where there is a *judge*.

        *out_of_place*: it gets another name, ``x-`` before its own.
        """
        parts = [b"<x-"] if out_of_place else []
        done = len(parts)
        for start, end, text in self._edits(judge, xml=xml):
            parts += (self.raw[done:start], text)
            done = end
        if not parts:
            return self.raw
        parts.append(self.raw[done:])
        return b"".join(parts)

    def _edits(self, judge: Judge | None, *, xml: bool) -> list[tuple[int, int, bytes]]:
        plain = bool(self.finding.services) and self.name in _WITH_CODE
        edits = []
        if self.finding.services:
            services = " ".join(self.finding.services).encode("ascii", "xmlcharrefreplace")
            marks = b' data-hb="%s"' % services
            if judge is not None and self.name == b"script":
                marks += judge.names(self.finding.services)
            if plain:
                marks += b' type="text/plain"'
            if self.placeholder is not None:
                marks += shown(self.placeholder, eager=self.raw_value(b"loading") is None)
            edits.append((self.name_end, self.name_end, marks))
        renamed = {attribute.start for attribute in self.finding.renamed}
        for attribute in self.found:
            start = attribute.start
            if attribute.name.startswith(OURS):
                edits.append((start + 5, start + 5, b"x-"))
            elif start in renamed or (plain and attribute.name == b"type"):
                # In XML ``data-hb-xlink:href`` would need a namespace of its own.
                prefix = attribute.name.rfind(b":") + 1 if xml else 0
                edits.append((start, start + prefix, OURS + b"-"))
            if start in self.values:
                edits.append((attribute.value_start, attribute.end, self.values[start]))
        return edits


def shown(placeholder: str, *, eager: bool) -> bytes:
    """The attributes with which a held frame shows its *placeholder*: when it comes into sight, if it is *eager*."""
    marks = b' src="%s"' % escape(placeholder).encode("ascii", "xmlcharrefreplace")
    return marks + _LAZILY if eager else marks


def style_without(judge: Judge, css: bytes) -> bytes | None:
    """A style's text with the held addresses gone and the rest alive; None if that can't be done safely."""
    text = neutralised(css.decode("latin-1"), judge.url)
    if text is None:
        return None
    result = text.encode("latin-1")
    return None if held_in(judge.decode(result), judge.url) else result


def admit_ours(judge: Judge, tag: StartTag) -> None:
    """Where a ``<meta>`` has a policy for the page, let what is inserted into the page work under it."""
    if (value_of(judge, tag.found, b"http-equiv") or "").lower() != "content-security-policy":
        return
    for attribute in tag.found:
        if attribute.name == b"content" and not attribute.repeated:
            policy = judge.text(attribute.value)
            if (admitted := judge.policy.admit(policy)) != policy:
                text = escape(admitted).encode(judge.codec, "xmlcharrefreplace")
                tag.values[attribute.start] = b'"' + text + b'"'

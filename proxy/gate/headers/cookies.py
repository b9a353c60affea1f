"""Cookies on the wire: what is in ``Cookie``, what a ``Set-Cookie`` line names, how one is expired.

Sites and scripts write cookies that no grammar allows, and sites read them back, so nothing is parsed
that need not be: pairs are told apart at ``;`` as browsers do (RFC 6265bis §5.6), and what is not held goes
on with the bytes it came with.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from ....banner.consent.signed_choice import LATER_NAME

_SPACE = b" \t"


@dataclass(frozen=True, slots=True)
class Sifted:
    """A ``Cookie`` header after the gate: what the site may see, which names were held, our own values."""

    passed: bytes
    """The header's new value; empty: no header at all."""
    held: tuple[str, ...]
    own: tuple[str, ...]
    """The values of the signed cookie, one for each copy that was sent."""
    later: bool = False
    """Whether the visitor has closed the notice in this session, and is not to be asked again before the next."""


def name_of(pair: bytes) -> str:
    """The name in a ``name=value`` pair; a pair without ``=`` is a nameless cookie, whose value may be a name.

    Browsers send a nameless cookie as its bare value (RFC 6265bis §5.6.3 step 4), and a site's parser may well
    read that value as a name: so it is matched as one.
    """
    return pair.partition(b"=")[0].strip(_SPACE).decode("latin-1")


def readings(name: str) -> tuple[str, ...]:
    """Every name that some site may read where a cookie is called *name*.

    Python's ``strip`` takes more for white space than HTTP does (U+00A0, U+0085), and PHP decodes ``%5F`` in a name and
    makes ``_`` of dots and spaces (php.net, "Variables From External Sources").
    """
    if _PLAIN.fullmatch(name):
        return (name,)
    decoded = unquote_plus(name, "latin-1").strip()
    return tuple(dict.fromkeys([name, name.strip(), decoded, decoded.translate(_PHP)]))


_PLAIN = re.compile(r"[A-Za-z0-9_$-]*+")
_PHP = str.maketrans(". ", "__")


def sift(header: bytes, own_name: str, is_held: Callable[[str], bool]) -> Sifted:
    """Take the signed cookie and every held one out of a ``Cookie`` header."""
    passed: list[bytes] = []
    held: list[str] = []
    own: list[str] = []
    later = False
    for raw in header.split(b";"):
        pair = raw.strip(_SPACE)
        if not pair:
            continue
        name = name_of(pair)
        if name == own_name:
            own.append(pair.partition(b"=")[2].strip(_SPACE).decode("latin-1"))
        elif name == LATER_NAME:
            later = True
        elif any(map(is_held, readings(name))):
            held.append(name)
        else:
            passed.append(pair)
    return Sifted(b"; ".join(passed), tuple(dict.fromkeys(held)), tuple(own), later)


def set_name(line: bytes) -> str:
    """The name that a ``Set-Cookie`` line sets (RFC 6265bis §5.6.3)."""
    return name_of(line.partition(b";")[0])


def joined(values: Iterable[bytes]) -> bytes:
    """Several ``Cookie`` lines as the one that HTTP/1.1 allows (RFC 9113 §8.2.3)."""
    return b"; ".join(values)

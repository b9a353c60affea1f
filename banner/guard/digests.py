"""Short digests of places and names, under which a page carries what would outweigh it as text.

The guard makes the same ones (``core/digests.js``) of what a script asks for.
"""

from collections.abc import Iterable, Sequence

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_WORD = 0xFFFFFFFF
BRIEF = 18
"""Bits of a brief digest."""


def encoded(places: Iterable[str]) -> str:
    """The digests of *places*, seven characters each.

    They are 64 groups by their first character, which is left out, joined by commas.
    """
    groups: list[list[str]] = [[] for _ in _ALPHABET]
    for short in sorted({digest(place) for place in places}):
        groups[_ALPHABET.index(short[0])].append(short[1:])
    return ",".join(map("".join, groups))


def digest(place: str) -> str:
    """42 bits of *place* in seven characters."""
    head = _mixed(place, 0x811C9DC5, 0x01000193)
    tail = _mixed(place, 0x9747B28C, 0x5BD1E995)
    return "".join(
        _ALPHABET[word >> shift & 63]
        for word, shifts in ((head, (26, 20, 14, 8)), (tail, (26, 20, 14)))
        for shift in shifts
    )


def outlined(names: Iterable[str]) -> str:
    """The brief digests of *names* as the gaps between them, in Rice's code, six bits a character.

    Of a thousand digests of 18 bits in order, each is about 260 behind the one before: that takes ten bits. A gap is
    written in two parts: how often ``2 ** low`` is in it, as so many ones and a zero, and the ``low`` bits that are
    left. The first character is ``low``; what is left over of the last one is ones, which begin no gap that ends.
    """
    digests = sorted({brief(name) for name in names})
    return min((_gaps(digests, low) for low in range(BRIEF)), key=len)


def brief(name: str) -> int:
    """The first 18 bits of the digest of *name*."""
    return _mixed(name, 0x811C9DC5, 0x01000193) >> 32 - BRIEF


def _gaps(digests: Sequence[int], low: int) -> str:
    parts = []
    for before, number in zip((-1, *digests), digests, strict=False):
        often, left = divmod(number - before - 1, 1 << low)
        parts.append("1" * often + "0" + (f"{left:0{low}b}" if low else ""))
    bits = "".join(parts)
    bits += "1" * (-len(bits) % 6)
    letters = (_ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    return _ALPHABET[low] + "".join(letters)


def _mixed(text: str, state: int, prime: int) -> int:
    """FNV-1a with a last stir."""
    for character in map(ord, text):
        state = (state ^ character) * prime & _WORD
    state = (state ^ state >> 15) * 0x85EBCA6B & _WORD
    return state ^ state >> 13

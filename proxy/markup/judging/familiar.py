"""Start tags that were found harmless before.

Pages of one site share most of their tags: head, navigation, footer, icons. A tag that needed no change once needs
none again, as long as the policy, the site and the way in which it is read are the same.
"""

from collections.abc import Hashable

MAX_TAG = 512
"""Bytes of a tag that is worth remembering."""

CAPACITY = 8 * 1024 * 1024
"""Bytes that are kept for each process, for all policies together; beyond that everything is forgotten."""

_OVERHEAD = 96

type Tags = set[bytes]

_known: dict[Hashable, Tags] = {}
_size = 0


def familiar_tags(key: Hashable) -> Tags:
    """The harmless tags for *key*, which stands for everything that a tag's meaning depends on."""
    return _known.setdefault(key, set())


def remember(tags: Tags, tag: bytes) -> None:
    """Add *tag* to *tags*, which came from :func:`familiar_tags`."""
    global _size
    if len(tag) > MAX_TAG:
        return
    _size += len(tag) + _OVERHEAD
    if _size > CAPACITY:
        forget()
    tags.add(tag)


def forget() -> None:
    """Forget everything."""
    global _size
    for known in _known.values():
        known.clear()
    _known.clear()
    _size = 0

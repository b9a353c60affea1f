"""What the rewriter is told: the policy it asks, and the page it rewrites."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class MarkupPolicy(Protocol):
    """What is held for one visitor. Policies with equal keys decide alike, and share what is remembered."""

    @property
    def key(self) -> Hashable:
        """Stands for every decision of this policy."""
        ...

    @property
    def own_paths(self) -> bool:
        """Whether addresses on the page's own host may be held: if not, they are not asked about."""
        ...

    def held_url(self, url: str) -> str | None:
        """The id of the held service that an absolute address belongs to."""
        ...

    def placeholder(self, url: str) -> str | None:
        """The address of what a frame shows in the place of held *url*; None: the frame stays empty."""
        ...

    def clears(self, host: str) -> bool:
        """Whether nothing on *host* (lower-case ASCII, no port) is held, whatever its path. If in doubt: no."""
        ...

    @property
    def own_segments(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """Of paths that may be held on the page's own host: the last segments of some, any segment of the others."""
        ...

    @property
    def script_words(self) -> frozenset[bytes]:
        """Words (letters, digits, ``_`` and ``$``) of which each held script has one."""
        ...

    def held_inline(self, script: str) -> str | None:
        """The id of the held service whose signature the text of a script carries."""
        ...

    def admit(self, policy: str) -> str:
        """A page's own ``Content-Security-Policy`` as it has to be so that what is inserted works."""
        ...

    def globals_of(self, service: str) -> Sequence[str]:
        """What the scripts of a held *service* define for a site's own to call; see ``proxy.rules.model.Service``."""
        ...


@dataclass(slots=True)
class Page:
    """The response that is rewritten.

    ``url`` is absolute (``https://host/path?query``). ``content_type_charset`` is the ``charset`` parameter as the
    site sent it. A ``document`` is shown in a tab, a ``frame`` inside another, a ``fragment`` is put into a page by
    a script. ``xhtml``: served with an XML type, so XML's rules hold.
    """

    url: str
    content_type_charset: str | None = None
    kind: Literal["document", "frame", "fragment"] = "document"
    xhtml: bool = False

"""Documents inside attributes: a frame's ``srcdoc`` (WHATWG HTML §4.8.5)."""

from collections.abc import Callable
from typing import Protocol

from ..judging.judge import Judge
from ..reading.attributes import Attribute
from .pieces import Pieces
from .start_tag import StartTag


class Document(Protocol):
    """The rewriting of one document, as :class:`..elements.Markup` does it."""

    out: Pieces

    def feed(self, data: bytes) -> None:
        """Take more of the document."""

    def close(self) -> None:
        """The document has ended."""


def srcdoc_of(tag: StartTag) -> Attribute | None:
    """The attribute of an ``iframe`` that holds its document, if one does."""
    return next((found for found in tag.found if found.name == b"srcdoc"), None)


def rewrite_srcdoc(
    tag: StartTag, srcdoc: Attribute, judge: Judge, begin: Callable[[Judge], Document]
) -> None:
    """Rewrite the document in an attribute of *tag*; *begin* begins the rewriting.

    Its text was decoded already, so it is rewritten as UTF-8 and written back in the page's encoding.
    """
    text = judge.text(srcdoc.value)
    document = begin(judge.inside_attribute())
    document.feed(text.encode("utf-8", "surrogatepass"))
    document.close()
    result = document.out.drain().decode("utf-8", "surrogatepass")
    if result != text:
        escaped = result.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        tag.values[srcdoc.start] = b'"' + escaped.encode(judge.codec, "xmlcharrefreplace") + b'"'

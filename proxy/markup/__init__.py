"""A streaming rewriter that makes the markup of held services inert.

:class:`Rewriter` takes a page as it comes, :func:`rewrite_whole` one that is there as a whole; both ask a
:class:`MarkupPolicy`. No I/O happens here.
"""

from .memo import rewrite_whole
from .page import MarkupPolicy, Page
from .reading.charset import UnsupportedCharset
from .rewriter import Rewriter

__all__ = ["MarkupPolicy", "Page", "Rewriter", "UnsupportedCharset", "rewrite_whole"]

"""Which form of :mod:`.passing` is in use: the compiled one, or the source as plain Python.

The compiled one is ``holdback.proxy.markup.reading._passing``. It has the hash of the source that it was built from in
it, and is used only where that source is the one that is here: an old build never wins over a newer source.
"""

import hashlib
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from . import passing as plain

_HERE = Path(__file__).parent

type Form = Any
"""The module in either form. The types of the compiled one are the plain one's."""


def choose() -> tuple[Form | None, str]:
    """The compiled form, if there is one for the source that is here, and in words what is in use."""
    if os.environ.get("HOLDBACK_PLAIN_PYTHON"):
        return None, "plain Python, as HOLDBACK_PLAIN_PYTHON says"
    try:
        built = import_module("._passing", __package__)
    except ImportError:
        return None, "plain Python, several times slower: there was no C compiler when it was installed"
    source = (_HERE / "passing.py").read_bytes() + (_HERE / "passing.pxd").read_bytes()
    if hashlib.sha256(source).hexdigest() != built.SOURCE:
        return (
            None,
            "plain Python, several times slower: what is compiled is of another source, install it again",
        )
    return built, "compiled"


compiled, IN_WORDS = choose()
"""The compiled form or None; which form is in use and, if it is the slow one, why."""

passing: Form = compiled or plain
"""The form that is in use. Ask for it when it is needed: tests run with one and the other."""

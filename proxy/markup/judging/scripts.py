"""What a script fetches without asking anybody: static and dynamic imports, import maps, speculation rules.

The guard sees what a script calls. It can't see a module's imports (the browser loads them before the first line
runs), so these must be read from the text.
"""

import re
from enum import Enum, auto

from ...rules.javascript import unescaped

_JAVASCRIPT = frozenset(
    f"{kind}/{subtype}"
    for kind in ("application", "text")
    for subtype in ("ecmascript", "javascript", "x-ecmascript", "x-javascript")
) | frozenset(
    f"text/{subtype}" for subtype in ("jscript", "livescript", *(f"javascript1.{minor}" for minor in range(6)))
)  # fmt: skip
"""The JavaScript MIME type essences (MIME Sniffing §4.6)."""

_COMMENT = r"/\*(?:[^*]|\*(?!/)){0,120}+\*/|(?://|<!--)[^\n\r\u2028\u2029]{0,120}+"
"""May stand before the address: bundlers write notes to themselves there. The limit bounds what is read in vain."""
_STRING = r"""(?:"((?:[^"\\\n\r]|\\.)*+)"|'((?:[^'\\\n\r]|\\.)*+)'|`((?:[^`\\$]|\\.|\$(?!\{))*+)`)"""
_IMPORTED = {
    "import": re.compile(rf"\bimport(?:\s*+\.\s*+(?:defer|source))?\b(?:[\s(]|{_COMMENT})*+{_STRING}", re.S),
    "from": re.compile(rf"\bfrom\b(?:\s|{_COMMENT})*+{_STRING}", re.S),
}
"""What follows each word where it imports. The words are looked for one by one: that takes a tenth of the time."""
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)', re.S)
"""A string of JSON; one that is not closed goes to the end, lest each quote in it begin a search of its own."""


class ScriptKind(Enum):
    """What a browser does with a script's text (WHATWG HTML §4.12.1.1, the script's type)."""

    CODE = auto()
    ADDRESSES = auto()
    """JSON that names addresses: an import map, speculation rules."""
    DATA = auto()


def kind_of(script_type: str | None) -> ScriptKind:
    """The kind of a script by its ``type`` attribute (decoded, any case; None: there is none)."""
    if script_type is None:
        return ScriptKind.CODE
    essence = script_type.strip("\t\n\f\r ").lower()
    if not script_type or essence == "module" or essence in _JAVASCRIPT:
        return ScriptKind.CODE
    return ScriptKind.ADDRESSES if essence in ("importmap", "speculationrules") else ScriptKind.DATA


def imports(code: str) -> list[str]:
    """The addresses that *code* imports, statically or not."""
    found = []
    for word, pattern in _IMPORTED.items():
        at = code.find(word)
        while at >= 0:
            match = pattern.match(code, at)
            if match is not None:
                found.append(unescaped(match[1] or match[2] or match[3] or ""))
            at = code.find(word, at + len(word))
    return found


def quoted(json: str) -> list[str]:
    """The strings in a piece of JSON, their ``\\/`` resolved: enough to find addresses in it."""
    return [match[1].replace("\\/", "/") for match in _QUOTED.finditer(json)]

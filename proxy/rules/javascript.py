"""Reads a script as far as it takes to tell what runs in it from what it only carries (ECMA-262 §12).

Frameworks send their data as scripts, and data may quote anything: the text of an article about a pixel, a page's own
source. A quoted snippet calls nobody. Comments, regular expressions and strings of more than a name or an address are
text; all else runs, the code within templates too, and what is handed to ``eval`` or a timer as a string.
"""

import re
import sys

_WORD = r"[^\s()\[\]{}<>\"'`\\]*+"
_NAME_OR_ADDRESS = re.compile(_WORD)
_PLAIN = rf"\"{_WORD}\"|'{_WORD}'|<(?!!--)"
_CODE = re.compile(rf"(?:[^\"'`/<]++|{_PLAIN})*+")
"""What stays as it is, strings of a name or an address among it: most of a script in one match."""
_CODE_IN_TEMPLATE = re.compile(rf"(?:[^\"'`/<{{}}]++|{_PLAIN})*+")
"""The same within a template, where braces say where the code ends."""
_STRING = {
    '"': re.compile(r"\"(?:[^\"\\\n\r]|\\.)*+\"", re.S),
    "'": re.compile(r"'(?:[^'\\\n\r]|\\.)*+'", re.S),
}
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*+", re.S)
_LINE = re.compile(r"[^\n\r\u2028\u2029]*+")
_BLOCK = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/")
_REGEX = re.compile(r"/(?:[^/\\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*+\])++/")
_RUNS_STRINGS = re.compile(r"\b(?:eval|setTimeout|setInterval|Function)\s*\(\s*\Z")
_BEFORE_REGEX = re.compile(
    r"(?:(?:\A|[(,=:\[!&|?{;+\-*%<>~^])|\b(?:return|typeof|case|in|of|delete|void|throw|new|do|else|yield|await))\s*\Z"
)
"""Where a slash begins a regular expression; elsewhere it divides. After ``)`` and ``}`` it may do either: it is taken
for a division, and what can't be read so is not read at all."""
_LOOK_BACK = 64


def without_text(script: str) -> str | None:
    """*script* with its text left out; None where it can't be read."""
    out: list[str] = []
    open_: list[str] = []
    at = 0
    while True:
        start = _behind(_CODE_IN_TEMPLATE if open_ else _CODE, script, at)
        out.append(script[at:start])
        if start == len(script):
            return "".join(out)
        sign = script[start]
        at = start + 1
        text: re.Match[str] | None
        if sign in _STRING:
            text = _STRING[sign].match(script, start)
            if text is None:
                return None
            at = text.end()
            out.append(_kept(script, start, script[start + 1 : at - 1]))
        elif sign == "{":
            open_.append(sign)
            out.append(sign)
        elif sign == "`" or (sign == "}" and open_.pop() == "`"):
            at = _behind(_TEMPLATE, script, at)
            if at >= len(script):
                return None
            out.append(_kept(script, start, script[start + 1 : at]))
            if script[at] == "$":
                open_.append("`")
                at += 1
            at += 1
        elif sign == "}":
            out.append(sign)
        elif sign == "<" or script.startswith("//", start):
            at = _behind(_LINE, script, start)
        elif script.startswith("/*", start):
            text = _BLOCK.match(script, start)
            if text is None:
                return None
            at = text.end()
            out.append(" ")
        elif _BEFORE_REGEX.search(script, max(0, start - _LOOK_BACK), start):
            text = _REGEX.match(script, start)
            if text is None:
                return None
            at = text.end()
            out.append(" ")
        else:
            out.append(sign)


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    """The end of what *pattern*, which matches anywhere, matches from *at* on."""
    match = pattern.match(text, at)
    return match.end() if match else at


_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]++)\}|([0-7]{1,3})|(\r\n|[\n\r\u2028\u2029])|(.))",
    re.S,
)
_CONTROLS = dict(zip("bfnrtv", "\b\f\n\r\t\v", strict=True))


def unescaped(text: str) -> str:
    """The value of a string whose source is *text*, without its quotes (ECMA-262 §12.9.4, Annex B.1.2)."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code or escape[4]:
        point = int(code, 16) if code else int(escape[4], 8)
        return chr(point) if point <= sys.maxunicode else "\ufffd"
    return "" if escape[5] else _CONTROLS.get(escape[6], escape[6])


def _kept(script: str, start: int, text: str) -> str:
    text = unescaped(text)
    if _NAME_OR_ADDRESS.fullmatch(text) or _RUNS_STRINGS.search(script, max(0, start - _LOOK_BACK), start):
        return f'"{text}"'
    return " "

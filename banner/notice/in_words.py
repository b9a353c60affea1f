"""A notice as a person reads it: its words alone, a line for each paragraph, button and box."""

from html.parser import HTMLParser

_UNSEEN = frozenset({"style", "script", "template", "svg"})
_LINES = frozenset(
    {"p", "h1", "h2", "h3", "li", "button", "label", "summary", "fieldset", "dt", "dd", "div", "a"}
)


def in_words(html: str) -> str:
    """The text of *html* without its markup."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See :class:`html.parser.HTMLParser`."""
        if tag in _UNSEEN and dict(attrs).get("shadowrootmode") is None:
            self._unseen.append(tag)
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        """See :class:`html.parser.HTMLParser`."""
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag in _LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """See :class:`html.parser.HTMLParser`."""
        if not self._unseen:
            self.parts.append(data)

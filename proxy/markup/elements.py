"""Takes a document's tokens in order, asks what is held, and writes the document out with that made inert."""

import re

from .contents import Waiting, content_ahead, inspect_content, waits, without_imports
from .held import inspect
from .inert import StartTag
from .judge import Judge
from .pieces import Pieces, Where
from .placement import Place, Placement, Stage
from .skim import HTML, HTML_AT_HOME, SVG
from .surroundings import RAW, Surroundings
from .tokenizer import Content, Kind, Token, Tokenizer

MAX_DEPTH = 4
"""How deep ``srcdoc`` documents may nest; the next one is not shown."""

UNFAMILIAR = frozenset(b"base frameset iframe math noscript plaintext select style hb-notice".split())
"""Elements of HTML whose start tags are looked at every time: they decide more than whether they are held."""

NOTICE = b"hb-notice"
"""The element that the notice is in; one of the site's own by that name gets another."""

_NOT_SPACE = re.compile(rb"[^\t\n\f\r ]")
_BOM = b"\xef\xbb\xbf"
_BEFORE: dict[Place, tuple[Where, ...]] = {
    Place.HEAD_BEFORE: ("head",),
    Place.BODY_BEFORE: ("body",),
    Place.BOTH_BEFORE: ("head", "body"),
    Place.HEAD_BEFORE_BODY_AFTER: ("head",),
}
_AFTER: dict[Place, tuple[Where, ...]] = {
    Place.HEAD_AFTER: ("head",),
    Place.BODY_AFTER: ("body",),
    Place.HEAD_BEFORE_BODY_AFTER: ("body",),
}


class Markup:
    """The rewriting of one document, or of a stretch of one that only some browsers read as markup.

    ``scripting`` is False inside ``<noscript>``: a browser without scripts parses that as markup, while one with
    scripts takes it for text. Output goes to :attr:`out`; *head* and *body* are put in where they belong.
    """

    def __init__(
        self,
        judge: Judge,
        *,
        head: bytes = b"",
        body: bytes = b"",
        stage: Stage = Stage.BODY,
        scripting: bool = True,
        depth: int = 0,
        out: Pieces | None = None,
    ) -> None:
        self.judge = judge
        self.out = Pieces() if out is None else out
        self._xml = judge.page.xhtml and depth == 0
        self._inserts: dict[Where, bytes] = {"head": head, "body": body}
        self._scripting = scripting
        self._depth = depth
        self._tokens = Tokenizer(xml=self._xml)
        self._placement = Placement(stage, xml=self._xml)
        self._around = Surroundings()
        self._waiting: Waiting | None = None
        self._inner: Markup | None = None
        self._done = 0
        self._started = False
        self._based = False
        self._unfinished = b""
        self._tune()

    def feed(self, data: bytes) -> None:
        """Take more of the document."""
        self._tokens.feed(data)
        self._run()

    def close(self) -> None:
        """The document has ended."""
        self._tokens.end()
        self._run()
        self._decide()
        if self._inner is not None:
            self._inner.close()
            self._inner = None
        in_text = self._tokens.content is Content.DATA and not self._unfinished
        if self._placement.watching and self._started and in_text:
            self._insert(_BEFORE, self._placement.text())

    def cut(self) -> None:
        """Like :meth:`close`, but the page goes on behind it: what is open here is closed first."""
        self.close()
        self.out.add(self._unfinished + self._tokens.closer + self._around.end_all())

    # The flow of tokens

    def _run(self) -> None:
        tokens = self._tokens
        while (token := tokens.next()) is not None:
            if token.kind is Kind.TEXT:
                self._on_text(token)
            elif token.kind is Kind.START:
                if not self._on_start(token):
                    tokens.position = token.start
                    break
            elif token.kind is Kind.END:
                self._on_end(token)
            else:
                self._on_other(token)
        self._write_to(tokens.position)
        tokens.discard(tokens.position)
        self._done = 0

    def _write_to(self, position: int) -> None:
        if position > self._done:
            self.out.add(self._tokens.buffer[self._done : position])
            self._done = position

    def _insert(self, table: dict[Place, tuple[Where, ...]], place: Place) -> None:
        for where in table.get(place, ()):
            self.out.insert(where, self._inserts[where])

    def _tune(self) -> None:
        """Tell the tokenizer what its surroundings mean for the next token."""
        tokens, around = self._tokens, self._around
        tokens.cdata = self._xml or around.cdata
        if self._xml or self._placement.watching:
            tokens.skim = None
        elif around.plain:
            tokens.skim = HTML_AT_HOME if self.judge.stays_at_home else HTML
        else:
            tokens.skim = SVG if around.shapes else None

    # Text, comments, CDATA

    def _on_text(self, token: Token) -> None:
        tokens = self._tokens
        if self._inner is not None:
            self._hand_over(self._inner, token)
        elif self._waiting is not None:
            self._done = token.end
            if self._waiting.add(tokens.buffer[token.start : token.end]):
                self._decide()
        elif self._placement.watching and tokens.content is Content.DATA:
            self._watch_text(token)

    def _watch_text(self, token: Token) -> None:
        buffer, start = self._tokens.buffer, token.start
        if not self._started and buffer.startswith(_BOM, start):
            start += len(_BOM)
        visible = _NOT_SPACE.search(buffer, start, token.end)
        if visible is not None:
            self._started = True
            self._write_to(visible.start())
            self._insert(_BEFORE, self._placement.text())
            self._tune()

    def _on_other(self, token: Token) -> None:
        self._started = True
        self._unfinished = (
            b"" if token.finished else {Kind.CDATA: b"]]>", Kind.DOCTYPE: b">"}.get(token.kind, b"-->")
        )
        if token.kind is Kind.CDATA and not self._xml:
            # A browser's preload scanner does not know CDATA sections, and fetches what stands in them.
            if self._inner is None:
                self._inner = Markup(self.judge, depth=self._depth + 1, out=self.out)
            self._hand_over(self._inner, token)
            if token.finished:
                self._inner.close()
                self._inner = None
        elif self._around.unsure and self._tokens.buffer.startswith(b"<![CDATA[", token.start):
            self._write_to(token.start)
            self.out.add(self._around.make_sure())

    def _hand_over(self, inner: "Markup", token: Token) -> None:
        self._write_to(token.start)
        inner.feed(self._tokens.buffer[token.start : token.end])
        self._done = token.end

    # Tags

    def _on_start(self, token: Token) -> bool:
        """Take a start tag; False if more of the page must be there first."""
        written = self._tokens.buffer[token.start : token.end]
        if self.judge.is_familiar(written) and self._pass_familiar(token, written):
            return True
        tag = StartTag.of(written, token, xml=self._xml)
        content = self._content_of_foreign(tag, token)
        if content is None:
            return False
        self._started = True
        self._unfinished = tag.closer
        self._write_to(token.start)
        self._done = token.end
        place = self._placement.start(tag.name)
        self._insert(_BEFORE, place)
        self.out.add(self._around.settle(tag.name))
        ordinary = self._around.ordinary
        foreign = self._xml or self._around.enter(tag)
        self._inspect(tag, content, foreign=foreign)
        if not foreign and tag.name in RAW:
            self._switch(tag)
        if self._waiting is None:
            result = tag.written(xml=self._xml, out_of_place=self._is_out_of_place(tag))
            self.out.add(result)
            if result is written and ordinary and token.finished:
                self._remember(tag)
        if foreign and tag.name == b"style" and tag.finding.services:
            self._write_without_imports(content)
        self._insert(_AFTER, place)
        self._tune()
        return True

    def _pass_familiar(self, token: Token, written: bytes) -> bool:
        """Pass a tag on that was found harmless before; False if here it must be looked at all the same."""
        if (
            self._xml
            or not self._around.ordinary
            or self._placement.stage is Stage.FRAMESET
            or not token.finished
        ):
            return False
        self._started = True
        if self._placement.watching:
            self._write_to(token.start)
            place = self._placement.start(token.name)
            self._insert(_BEFORE, place)
            self._write_to(token.end)
            self._insert(_AFTER, place)
            self._tune()
        if token.name in RAW:
            self._tokens.read_raw(token.name)
        elif token.name == b"svg":
            self._around.enter(StartTag(written, token.name, token.name_end - token.start, []))
            self._tune()
        return True

    def _remember(self, tag: StartTag) -> None:
        """Note a tag in which nothing was to be changed, if wherever it stands in plain HTML it means the same."""
        if tag.name not in UNFAMILIAR and not self._xml and not (tag.name == b"svg" and tag.self_closing):
            self.judge.remember(tag.raw)

    def _inspect(self, tag: StartTag, content: bytes, *, foreign: bool) -> None:
        self.judge.begin_tag()
        if tag.name == b"base":
            self._on_base(tag)
        tag.finding = inspect(self.judge, tag.name, tag.found, foreign=foreign or self._around.unsure)
        if tag.name == b"iframe":
            self._rewrite_srcdoc(tag)
        if content:
            inspect_content(self.judge, tag, content, markup=True)

    def _is_out_of_place(self, tag: StartTag) -> bool:
        """Whether a tag gets another name: the notice's own, and a frameset where a body has begun.

        Browsers ignore the latter, or put it in the body's place; with another name they all ignore it.
        """
        late = tag.name == b"frameset" and self._placement.stage is Stage.BODY
        return (late or tag.name == NOTICE) and not self._xml

    def _content_of_foreign(self, tag: StartTag, token: Token) -> bytes | None:
        foreign = self._xml or self._around.is_foreign(tag.name)
        if tag.name not in (b"script", b"style") or not foreign or tag.self_closing:
            return b""
        return content_ahead(self._tokens.buffer, token.end, ended=self._tokens.ended)

    def _write_without_imports(self, content: bytes) -> None:
        text = content.partition(b"<")[0]
        self.out.add(without_imports(text))
        self._done += len(text)
        self._tokens.position = self._done

    def _switch(self, tag: StartTag) -> None:
        """After a start tag of HTML's behind which the text is not markup."""
        name = tag.name
        if self._placement.stage is Stage.FRAMESET and name != b"noframes":
            return  # ignored, all of them (§13.2.6.4.20)
        if name == b"noscript" and not self._scripting:
            return
        if name == b"noscript" or self._around.doubtful(name):
            self._inner = Markup(self.judge, scripting=False, depth=self._depth, out=self.out)
        if name == b"plaintext":
            self._tokens.content = Content.PLAINTEXT
            return
        self._tokens.read_raw(name)
        if name in (b"script", b"style") and waits(self.judge, tag):
            self._waiting = Waiting(tag)

    def _decide(self, *, closed: bool = False) -> None:
        """Write out the script or style that waits, if one does."""
        if self._waiting is not None:
            self.out.add(self._waiting.written(self.judge, closed=closed))
            self._waiting = None

    def _on_base(self, tag: StartTag) -> None:
        """Where a base stands in the head, it is the page's; elsewhere it may be, if only for a preload scanner."""
        href = tag.raw_value(b"href")
        if href is not None:
            certain = self._placement.in_head and not self._based
            self.judge.add_base(self.judge.text(href), certain=certain)
            self._based = self._based or certain

    def _rewrite_srcdoc(self, tag: StartTag) -> None:
        """A frame's document inside an attribute (WHATWG HTML §4.8.5) is rewritten like any other."""
        attribute = next((found for found in tag.found if found.name == b"srcdoc"), None)
        if attribute is None:
            return
        if self._depth >= MAX_DEPTH or tag.closer:
            tag.finding.renamed.append(attribute)
            return
        document = self.judge.text(attribute.value)
        inner = Markup(
            self.judge.inside_attribute(),
            head=self._inserts["head"],
            stage=Stage.BEFORE_HEAD,
            depth=self._depth + 1,
        )
        inner.feed(document.encode("utf-8", "surrogatepass"))
        inner.close()
        self.out.embeds = True
        result = inner.out.drain().decode("utf-8", "surrogatepass")
        if result != document:
            escaped = result.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
            tag.values[attribute.start] = b'"' + escaped.encode(self.judge.codec, "xmlcharrefreplace") + b'"'

    def _on_end(self, token: Token) -> None:
        name = token.name
        self._started = True
        if self._inner is not None:
            self._inner.cut()
            self._inner = None
        self._decide(closed=True)
        self._write_to(token.start)
        if self._placement.watching:
            self._insert(_BEFORE, self._placement.end(name))
        self._around.leave(name)
        if name == NOTICE and not self._xml:
            self.out.add(b"</x-")
            self._done = token.start + 2
        self._unfinished = b"" if token.finished else b">"
        self._tune()

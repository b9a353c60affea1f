"""Takes a document's tokens in order, asks what is held, and writes the document out with that made inert."""

from functools import partial

from .judging.held import held_in_passing, inspect
from .judging.judge import Judge
from .open_elements import RAW, Surroundings
from .preload_scanner import Scanner
from .reading.passing import HEAD, IN_SVG, RAW_TEXT, SCRIPTING
from .reading.tokenizer import Content, Kind, Token
from .writing.contents import Waiting, content_ahead, inspect_content, waits, without_imports
from .writing.copying import Copy
from .writing.nested import rewrite_srcdoc, srcdoc_of
from .writing.pieces import Pieces
from .writing.placement import Stage
from .writing.start_tag import StartTag, admit_ours, shown

MAX_DEPTH = 4
"""How deep ``srcdoc`` documents may nest; the next one is not shown."""

UNFAMILIAR = frozenset(b"base frameset iframe math noscript plaintext select style hb-notice".split())
"""Elements of HTML whose start tags are looked at every time: they decide more than whether they are held."""

NOTICE = b"hb-notice"
"""The element that the notice is in; one of the site's own by that name gets another."""


def _is_bare(token: Token) -> bool:
    """Whether a start tag has no attributes, and is of an element by whose name alone nothing is decided."""
    return token.end - token.name_end == 1 and token.name not in RAW and token.name not in UNFAMILIAR


class Markup(Copy):
    """The rewriting of one document, or of a stretch of one that only some browsers read as markup.

    ``scripting`` is False inside ``<noscript>``: a browser without scripts parses that as markup, while one with
    scripts takes it for text. ``cdata`` is False for what a preload scanner sees. With ``plain`` nothing is passed
    over, in what is nested neither. Output goes to :attr:`out`.
    """

    def __init__(
        self,
        judge: Judge,
        *,
        head: bytes = b"",
        body: bytes = b"",
        stage: Stage = Stage.BODY,
        xml: bool = False,
        scripting: bool = True,
        cdata: bool = True,
        depth: int = 0,
        out: Pieces | None = None,
        plain: bool = False,
    ) -> None:
        super().__init__(Pieces() if out is None else out, stage, head=head, body=body, xml=xml)
        self.judge = judge
        self._plain = plain
        self._xml = xml
        self._scripting = scripting
        self._cdata = cdata
        self._depth = depth
        self._scanner = Scanner()
        self._around = Surroundings(read_twice=depth < MAX_DEPTH)
        self._waiting: Waiting | None = None
        self._inner: Markup | None = None
        self._based = False
        self._passage = None if plain or xml else judge.passage(partial(held_in_passing, judge), self._shown)
        self._unfinished = b""
        if self._passage is not None:
            self._passage.noted = self._around.noted
        self._tune()

    def feed(self, data: bytes) -> None:
        """Take more of the document."""
        self.tokens.feed(data)
        self._run()

    def close(self) -> None:
        """The document has ended."""
        self.tokens.end()
        self._run()
        self._decide()
        if self._inner is not None:
            self._inner.close()
            self._inner = None
        in_text = self.tokens.content is Content.DATA and not self._unfinished
        if self.placement.watching and self.started and in_text:
            self.insert_before(self.placement.text())

    def cut(self) -> None:
        """Like :meth:`close`, but the page goes on behind it: what is open here is closed first."""
        self.close()
        self.out.add(self._unfinished + self.tokens.closer + self._around.end_all())

    # The flow of tokens

    def _run(self) -> None:
        tokens = self.tokens
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
        self.forget()

    def _tune(self) -> None:
        """Tell the tokenizer what its surroundings mean for the next token."""
        tokens, around = self.tokens, self._around
        tokens.cdata = self._xml or (self._cdata and around.cdata)
        tokens.whole = self._scanner.astray
        tokens.passage = None if self._scanner.astray else self._passage
        text = SCRIPTING if self._scripting else 0
        if self.placement.watching:
            tokens.where = HEAD | RAW_TEXT | text
            if not self.placement.in_head or not around.ordinary:
                tokens.passage = None
        elif around.plain:
            tokens.where = text
            if around.ordinary and self.placement.stage is Stage.BODY:
                tokens.where |= RAW_TEXT
        elif around.shapes:
            tokens.where = IN_SVG
        else:
            tokens.passage = None

    def _call_scanner_back(self, position: int) -> None:
        """In plain HTML the preload scanner must read what the parser reads."""
        if self._scanner.astray and self._around.plain:
            self.write_to(position)
            self.out.add(self._scanner.call_back())
            self._tune()

    # Text, comments, CDATA

    def _on_text(self, token: Token) -> None:
        tokens = self.tokens
        if token.passed:
            self._edit_passed()
        elif self._inner is not None:
            self._hand_over(self._inner, token)
        elif self._waiting is not None:
            self.skip_to(token.end)
            if self._waiting.add(self._scanner.defuse_text(tokens.buffer[token.start : token.end])):
                self._decide()
        elif self._scanner.astray and tokens.content is not Content.DATA:
            self.write_to(token.start)
            self.out.add(self._scanner.defuse_text(tokens.buffer[token.start : token.end]))
            self.skip_to(token.end)
        elif self.placement.watching and tokens.content is Content.DATA:
            self.watch_text(token)
            self._tune()

    def _edit_passed(self) -> None:
        assert self._passage is not None
        if self._passage.edits:
            for position, text in self._passage.edits:
                self.write_to(position)
                self.out.add(text)
            self._passage.edits.clear()

    def _on_other(self, token: Token) -> None:
        self.started = True
        self._unfinished = (
            b"" if token.finished else {Kind.CDATA: b"]]>", Kind.DOCTYPE: b">"}.get(token.kind, b"-->")
        )
        self._call_scanner_back(token.start)
        if self._scanner.astray:
            self.write_to(token.start)
            self.out.add(self._scanner.defuse(token.kind, self.tokens.buffer[token.start : token.end]))
            self.skip_to(token.end)
        elif token.kind is Kind.CDATA and not self._xml:
            # A browser's preload scanner does not know CDATA sections, and fetches what stands in them.
            if self._inner is None:
                self._inner = Markup(
                    self.judge, scripting=False, cdata=False, depth=MAX_DEPTH, out=self.out, plain=self._plain
                )
            self._hand_over(self._inner, token)
            if token.finished:
                self._inner.close()
                self._inner = None
        elif self._around.unsure and self.tokens.buffer.startswith(b"<![CDATA[", token.start):
            self.write_to(token.start)
            self.out.add(self._around.make_sure())

    def _hand_over(self, inner: "Markup", token: Token) -> None:
        self.write_to(token.start)
        inner.feed(self.tokens.buffer[token.start : token.end])
        self.skip_to(token.end)

    # Tags

    def _on_start(self, token: Token) -> bool:
        """Take a start tag; False if more of the page must be there first."""
        written = self.tokens.buffer[token.start : token.end]
        self._call_scanner_back(token.start)
        if (
            not self._scanner.astray
            and not self._plain
            and (_is_bare(token) or self.judge.is_familiar(written))
            and self._pass_familiar(token, written)
        ):
            return True
        tag = StartTag.of(written, token, xml=self._xml)
        content = self._content_of_foreign(tag, token)
        if content is None:
            return False
        self.started = True
        self._unfinished = tag.closer
        self.write_to(token.start)
        self.skip_to(token.end)
        place = self.placement.start(tag.name)
        self.insert_before(place)
        self.out.add(self._around.settle(tag.name))
        if self._around.plain:
            self.out.add(self._scanner.call_back())
        ordinary = self._around.ordinary
        foreign = self._xml or self._around.enter(tag)
        self._inspect(tag, content, foreign=foreign)
        self._scanner.defuse_tag(tag)
        text_for_scanner = tag.name in RAW and not self._xml and (self._scripting or tag.name != b"noscript")
        if text_for_scanner and (foreign or not self._switch(tag)):
            self._scanner.start(tag.name)
        if self._waiting is None:
            result = tag.written(self.judge, xml=self._xml, out_of_place=self._is_out_of_place(tag))
            self.out.add(result)
            if result is written and ordinary and token.finished:
                self._remember(tag)
        if foreign and tag.name == b"style" and tag.finding.services:
            self._write_without_imports(content)
        self.insert_after(place)
        self._tune()
        return True

    def _pass_familiar(self, token: Token, written: bytes) -> bool:
        """Pass a tag on that was found harmless before; False if here it must be looked at all the same."""
        if (
            self._xml
            or not self._around.ordinary
            or self.placement.stage is Stage.FRAMESET
            or not token.finished
        ):
            return False
        self.started = True
        if self.placement.watching:
            self.write_to(token.start)
            place = self.placement.start(token.name)
            self.insert_before(place)
            self.write_to(token.end)
            self.insert_after(place)
            self._tune()
        self._around.enter(StartTag(written, token.name, token.name_end - token.start, []))
        if token.name in RAW:
            self.tokens.read_raw(token.name)
        elif token.name == b"svg":
            self._tune()
        return True

    def _remember(self, tag: StartTag) -> None:
        """Note a tag in which nothing was to be changed, if wherever it stands in plain HTML it means the same."""
        maybe_closed = tag.name == b"svg" and tag.raw.endswith(b"/>")  # only its attributes tell
        if tag.name not in UNFAMILIAR and not self._xml and not maybe_closed:
            self.judge.remember(tag.raw)

    def _inspect(self, tag: StartTag, content: bytes, *, foreign: bool) -> None:
        self.judge.begin_tag()
        if tag.name == b"base":
            self._on_base(tag)
        # With SVG open around HTML, a preload scanner may take it for SVG still.
        tag.finding = inspect(self.judge, tag.name, tag.found, foreign=foreign or not self._around.plain)
        if tag.name == b"meta":
            admit_ours(self.judge, tag)
        if tag.name == b"iframe" and self._cdata:
            self._rewrite_srcdoc(tag)
            self._put_placeholder(tag)
        if content:
            inspect_content(self.judge, tag, content, markup=True)

    def _is_out_of_place(self, tag: StartTag) -> bool:
        """Whether a tag gets another name: the notice's own, and a frameset where a body has begun.

        Browsers ignore the latter, or put it in the body's place; with another name they all ignore it.
        """
        late = tag.name == b"frameset" and self.placement.stage is Stage.BODY
        return (late or tag.name == NOTICE) and not self._xml

    def _content_of_foreign(self, tag: StartTag, token: Token) -> bytes | None:
        foreign = self._xml or self._around.is_foreign(tag.name)
        if tag.name not in (b"script", b"style") or not foreign or tag.self_closing:
            return b""
        return content_ahead(self.tokens.buffer, token.end, ended=self.tokens.ended)

    def _write_without_imports(self, content: bytes) -> None:
        text = content.partition(b"<")[0]
        self.out.add(without_imports(text))
        self.tokens.position += len(text)
        self.skip_to(self.tokens.position)

    def _switch(self, tag: StartTag) -> bool:
        """After a start tag of HTML's behind which the text may not be markup; False if the parser ignores it."""
        name = tag.name
        if self.placement.stage is Stage.FRAMESET and name != b"noframes":
            return False  # §13.2.6.4.20
        if name == b"noscript" or self._around.doubtful(name):
            self._inner = Markup(
                self.judge, scripting=False, depth=self._depth + 1, out=self.out, plain=self._plain
            )
        if name == b"plaintext":
            self.tokens.content = Content.PLAINTEXT
            return True
        self.tokens.read_raw(name)
        if name in (b"script", b"style") and waits(self.judge, tag):
            self._waiting = Waiting(tag)
        return True

    def _decide(self, *, closed: bool = False) -> None:
        """Write out the script or style that waits, if one does."""
        if self._waiting is not None:
            self.out.add(self._waiting.written(self.judge, closed=closed))
            self._waiting = None

    def _on_base(self, tag: StartTag) -> None:
        """Where a base stands in the head, it is the page's; elsewhere it may be, if only for a preload scanner."""
        href = tag.raw_value(b"href")
        if href is not None:
            certain = self.placement.in_head and not self._based
            self.judge.add_base(self.judge.text(href), certain=certain)
            self._based = self._based or certain

    def _rewrite_srcdoc(self, tag: StartTag) -> None:
        srcdoc = srcdoc_of(tag)
        if srcdoc is None:
            return
        if self._depth >= MAX_DEPTH or tag.closer:
            tag.finding.renamed.append(srcdoc)
            return
        rewrite_srcdoc(tag, srcdoc, self.judge, self._begin_nested)
        self.out.embeds = True

    def _put_placeholder(self, tag: StartTag) -> None:
        """A frame that shows its own document, or was cut off, gets none."""
        held = [found for found in tag.finding.renamed if found.name == b"src" and not found.repeated]
        if held and srcdoc_of(tag) is None and not tag.closer:
            tag.placeholder = self.judge.placeholder(self.judge.text(held[0].value))

    def _shown(self, source: bytes, eager: bool) -> bytes:
        """The attributes with which a held frame with this ``src``, which is passed over, shows its placeholder."""
        placeholder = self.judge.placeholder(self.judge.text(source)) if self._cdata else None
        return b"" if placeholder is None else shown(placeholder, eager=eager)

    def _begin_nested(self, judge: Judge) -> "Markup":
        return Markup(
            judge,
            head=self.inserts["head"],
            stage=Stage.BEFORE_HEAD,
            depth=self._depth + 1,
            plain=self._plain,
        )

    def _on_end(self, token: Token) -> None:
        name = token.name
        self.started = True
        if self._inner is not None:
            self._inner.cut()
            self._inner = None
        self._decide(closed=True)
        self.write_to(token.start)
        self._call_scanner_back(token.start)
        if self._scanner.astray and self.tokens.buffer.find(b"</", token.name_end, token.end) > 0:
            self.write_to(token.name_end)
            self.skip_to(token.end - 1)
        self._scanner.end(name)
        if self.placement.watching:
            self.insert_before(self.placement.end(name))
        self._around.leave(name)
        if name == NOTICE and not self._xml:
            self.out.add(b"</x-")
            self.skip_to(token.start + 2)
        self._unfinished = b"" if token.finished else b">"
        self._tune()

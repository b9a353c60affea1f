"""What Holdback adds to a page: the guard first in its head, the notice first in its body."""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from html import escape
from typing import NamedTuple

from ....banner.consent.signed_choice import Choice, ChoiceSigner
from ....banner.consent.standing import Standing
from ....banner.guard.config import NO_LISTS, GuardConfig, Listed, guard_script, guard_tag
from ....banner.guard.files import GuardFiles
from ....banner.guard.lists import Lists
from ....banner.notice.form_token import ROUNDED_TO, TokenSigner
from ....banner.notice.notice import Notice, Notices
from ....store.site.editions import Edition
from ...rules.model import Regime, Released
from ...rules.rulebook import Rulebook
from .document_kinds import Kind
from .guard_delivery import Delivery

_OWN_POLICY = re.compile(rb"content-security-policy", re.IGNORECASE)
_CODE = re.compile(rb"<(script|style)[^<>]*+>(?!</)")
"""An element that has its code inside, and is not the name of a file."""
_NONCE = secrets.token_hex(16)
"""It stands where the nonce of the site's policy belongs: that is another one in each answer, and all around it is made
once."""
TOKEN_PERIOD = 6 * 3600
"""Seconds after which a page in a browser's cache is fetched anew, because the token in it grows old."""


@dataclass(frozen=True, slots=True)
class Insert:
    """The bytes for one page. Either of *head* and *body* is empty where the page gets none.

    Where *file* is not empty, the guard in *head* fetches that script while the page is there, and runs it as an inline
    one. A policy in the page's own markup may refuse that, so such a page gets the guard that *whole* makes.
    """

    head: bytes = b""
    body: bytes = b""
    whole: Callable[[], bytes] = bytes
    file: bytes = b""
    made: "Insert | None" = None
    """What it was before it got a nonce."""

    def fitting(self, start: bytes, encoding: str = "") -> "Insert":
        """What is right for a page that begins with *start*. It names the *encoding* where that is given."""
        fitting = Insert(self.whole(), self.body) if self.file and _OWN_POLICY.search(start) else self
        if not encoding or not fitting.head:
            return fitting
        return replace(fitting, head=f'<meta charset="{escape(encoding)}">'.encode("ascii") + fitting.head)

    def with_nonce(self, nonce: str) -> "Insert":
        """The same with the *nonce* of the site's policy."""
        own = escape(nonce).encode("ascii", "xmlcharrefreplace")
        head, body = (made.replace(_NONCE.encode("ascii"), own) for made in (self.head, self.body))
        return replace(self, head=head, body=body, whole=partial(self._whole_with, own), made=self)

    def _whole_with(self, nonce: bytes) -> bytes:
        return self.whole().replace(_NONCE.encode("ascii"), nonce)

    def as_xml(self, nonce: str | None) -> "Insert":
        """The same for a page of XML, in which ours would be no markup: the notice is HTML, so a script brings it.

        Without JavaScript such a page has no notice; everything stays held there.
        """
        mark = f' nonce="{escape(nonce)}"'.encode("ascii") if nonce else b""
        html = json.dumps(self.body.decode("ascii")).encode("ascii")
        notice = b"document.currentScript.replaceWith(document.adoptNode(Document.parseHTMLUnsafe(%s).body.firstChild))"
        return Insert(
            _in_xml(mark, _code(self.head)) if self.head else b"",
            _in_xml(mark, notice % html) if self.body else b"",
        )

    def hashed(self) -> tuple[list[bytes], bytes]:
        """The text of each inline script that may run and of the inserted style, for a policy that lists hashes."""
        return _codes(self.made or self)


@lru_cache(64)
def _codes(insert: Insert) -> tuple[list[bytes], bytes]:
    scripts = [_code(insert.head), _code(insert.whole()), insert.file]
    return [script for script in scripts if script], _code(insert.body)


_NOTHING = Insert()


def _in_xml(mark: bytes, code: bytes) -> bytes:
    """A script of XHTML: its text is character data (XHTML 1.0 §4.8), which ends at the first ``]]>``.

    Where the code itself has that, its text goes on in another section, so that nothing of it is changed: the guard
    writes documents of XML too.
    """
    return b"<script%s>//<![CDATA[\n%s\n//]]></script>" % (mark, code.replace(b"]]>", b"]]]]><![CDATA[>"))


def _code(markup: bytes) -> bytes:
    opening = _CODE.search(markup)
    if opening is None:
        return b""
    return markup[opening.end() : markup.index(b"</" + opening[1], opening.end())]


class Inserts:
    """Renders what is inserted. Everything that repeats between pages is remembered."""

    def __init__(
        self,
        prefix: str,
        rulebook: Rulebook,
        notices: Notices,
        tokens: TokenSigner,
        files: GuardFiles,
        signer: ChoiceSigner,
        lists: Lists,
    ) -> None:
        self._signer = signer
        self._lists = lists
        self._files = files
        self._prefix = prefix
        self._rulebook = rulebook
        self._notices = notices
        self._tokens = tokens
        self._worker = lru_cache(64)(self._guard_script)
        self._document = lru_cache(1024)(self._insert)
        self._variant = lru_cache(4096)(self._variant_of)

    @property
    def listed(self) -> int:
        """Another number for each edition that was in force."""
        return self._notices.listing.epoch

    def endpoints(self, standing: Standing) -> bytes:
        """The source expression of our own endpoints (CSP3 §2.3.1): of the page's own scheme, or a safer one."""
        return f"{standing.host}{self._prefix}/".encode("ascii", "ignore")

    def renewal(self, choice: Choice, now: float) -> str:
        """A token that brings *choice* back where its cookie is about to be cleared."""
        return self._tokens.issue_renewal(self._signer.sign(choice), now)

    @property
    def renewing(self) -> str:
        """Where that token is taken."""
        return f"{self._prefix}/again"

    def for_page(
        self,
        kind: Kind,
        standing: Standing,
        nonce: str | None,
        now: float,
        links: tuple[str, ...] = (),
        way: Delivery = Delivery.INSIDE,
        marks: tuple[str, ...] = (),
        *,
        asks: bool = True,
    ) -> Insert:
        """What a page of *kind* gets, with *nonce* where the site's policy has one.

        *links* are the link parameters that its address has in the browser and that are held; *way* says where the
        guard is, *marks* what it is to tell (see :func:`~....banner.guard.config.guard_tag`). *asks* says that nothing
        keeps the page from asking us while its scripts wait.
        """
        if kind is Kind.FRAGMENT:
            return _NOTHING
        is_due = self._notices.listing.is_due(standing.choice)
        place = _NONCE if nonce else None
        lists = self._lists.told(standing.released, standing.host, asks=asks)
        if kind is Kind.FRAME:
            made = self._with_guard(_Guard(standing.released, place, is_due, links, way, marks, lists=lists))
        else:
            issued = int(now // ROUNDED_TO) * ROUNDED_TO
            carried = standing.seen if way is Delivery.OUTLINE else ()
            unsure = standing.withheld
            guard = _Guard(standing.released, place, is_due, links, way, marks, unsure, carried, lists)
            made = self._document(self._shown(standing, is_due=is_due), guard, issued)
        return made.with_nonce(nonce) if nonce else made

    def _shown(self, standing: Standing, *, is_due: bool) -> "_Shown":
        """All of *standing* that a notice depends on."""
        listing = self._notices.listing
        return _Shown(
            standing.language,
            standing.regime,
            standing.gpc,
            standing.scheme,
            standing.host,
            standing.released,
            listing.current,
            listing.new_since(standing.choice) if is_due else frozenset(),
            standing.later,
        )

    def for_worker(self, standing: Standing) -> bytes:
        """What goes before the script of a worker: the guard, as a statement."""
        return self._worker(standing.released, self._notices.listing.is_due(standing.choice))

    def variant(self, standing: Standing, now: float) -> bytes:
        """A short name for how pages are rewritten for *standing*: pages of one name are the same.

        It changes every few hours, so that a page in a browser's cache does not keep a token that has grown too old.
        """
        is_due = self._notices.listing.is_due(standing.choice)
        shown = self._shown(standing, is_due=is_due)
        return self._variant(
            self._notice(shown).hash,
            standing.released,
            is_due,
            shown.new,
            shown.later,
            standing.origin,
            int(now // TOKEN_PERIOD),
        )

    def _notice(self, shown: "_Shown") -> Notice:
        return self._notices.pick(shown.language, shown.regime, shown.gpc, shown.host, shown.edition)

    def _variant_of(
        self,
        notice: str,
        released: Released,
        is_due: bool,
        new: frozenset[str],
        later: bool,
        origin: str,
        period: int,
    ) -> bytes:
        head = self._tag(_Guard(released, None, is_due))
        held = (sorted(released.purposes), sorted(released.services))
        what = (notice, *held, is_due, sorted(new), later, origin, period, self._rulebook.digest)
        return hashlib.sha256(repr(what).encode() + head).hexdigest()[:12].encode("ascii")

    def _tag(self, guard: "_Guard") -> bytes:
        released, nonce, is_due, links, way, marks, unsure, carried, lists = guard
        if way in (Delivery.FILE, Delivery.FILES):
            return self._files.tag(released, ask=is_due, links=links, nonce=nonce, marks=marks, lists=lists)
        config = self._config(released, is_due, links, unsure)
        config = replace(config, carried=carried, lists=lists)
        file = "" if way is Delivery.INSIDE else self._files.of(released).path
        # Google's tags are told what was granted before anything runs, which only the whole guard can do.
        outline = way is Delivery.OUTLINE and not config.facts.granted
        return guard_tag(config, nonce=nonce, file=file, outline=outline, marks=marks)

    def _guard_script(self, released: Released, is_due: bool) -> bytes:
        config = replace(self._config(released, is_due), lists=self._lists.told_to_worker(released))
        return guard_script(config) + b";"

    def _config(
        self, released: Released, is_due: bool, links: tuple[str, ...] = (), unsure: bool = False
    ) -> GuardConfig:
        facts = self._rulebook.guard_facts(released)
        return GuardConfig(self._prefix, facts, facts.exempt, ask=is_due, links=links, unsure=unsure)

    def _token(self, shown: "_Shown", issued: int) -> str:
        notice = self._notice(shown)
        listed = self._notices.listing.untold(shown.edition)
        return self._tokens.issue(notice, host=shown.host, now=issued, listed=listed)

    def _insert(self, shown: "_Shown", guard: "_Guard", issued: int) -> Insert:
        notice = self._notice(shown)
        body = notice.fragment(
            action=f"{shown.scheme}://{shown.host}{self._prefix}/choice",
            token=self._token(shown, issued),
            state=shown.released,
            open=guard.is_due and not guard.unsure and not shown.later,
            answered=not guard.is_due,
            nonce=guard.nonce,
            new=self._notices.names(shown.new),
            sheet=self._files.sheet if guard.way is Delivery.FILES else "",
        )
        return self._with_guard(guard, body)

    def _with_guard(self, guard: "_Guard", body: bytes = b"") -> Insert:
        head = self._tag(guard)
        if guard.way is not Delivery.OUTLINE:
            return Insert(head, body)
        # Hardly any page asks for it: it is not made in advance.
        whole = partial(self._tag, guard._replace(way=Delivery.WHOLE))
        return Insert(head, body, whole, self._files.of(guard.released).code)


class _Guard(NamedTuple):
    """All that a page's guard depends on; see :class:`~....banner.guard.config.GuardConfig`."""

    released: Released
    nonce: str | None
    is_due: bool
    links: tuple[str, ...] = ()
    way: Delivery = Delivery.INSIDE
    marks: tuple[str, ...] = ()
    unsure: bool = False
    carried: tuple[str, ...] = ()
    lists: Listed = NO_LISTS


class _Shown(NamedTuple):
    """All that a notice depends on; ``new`` are the services of ``edition`` that the visitor was not asked about."""

    language: str
    regime: Regime
    gpc: bool
    scheme: str
    host: str
    released: Released
    edition: Edition
    new: frozenset[str]
    later: bool = False

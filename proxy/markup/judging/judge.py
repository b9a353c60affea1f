"""Asks the policy about values as a browser would understand them: resolved, decoded, taken apart."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from urllib.parse import unquote_to_bytes

from ...rules.javascript import without_text
from ..page import MarkupPolicy, Page
from ..reading import walk
from ..reading.entities import decode_attribute
from ..reading.passing import Passage
from ..reading.srcset import candidates
from ..reading.urls import MAY_LEAVE, Base, resolve
from .clearance import Clearance
from .familiar import familiar_tags, remember
from .scripts import ScriptKind, imports, quoted
from .styles import held_in

_MENTIONED = re.compile(r"(?:https?:|wss?:)?[/\\]{2}[^\s\"'<>()]+", re.I)
_REFRESH = re.compile(
    r"[\t\n\f\r ]*[0-9.]*[\t\n\f\r ;,]*(?:url[\t\n\f\r ]*=[\t\n\f\r ]*)?[\"']?([^\"']*)", re.I
)
_MAX_BASES = 8
_INERT_DATA = re.compile(r"data:\s*(?:image/(?!svg)|font/|audio/|video/)", re.I)


class Judge:
    """One page's questions to its policy. Everything is answered with the ids of held services, or nothing.

    ``bases`` are the addresses that a relative reference may be resolved against: more than one where it is not
    certain which ``<base>`` counts. What any of them makes held is held.
    """

    def __init__(self, policy: MarkupPolicy, page: Page, codec: str) -> None:
        self.policy = policy
        self.page = page
        self.codec = codec
        own = Base.of(page.url) or Base("http", "", "/")
        self._own_host = own.host
        self._page_base = own
        self.bases: tuple[Base, ...] = (own,)
        self.stays_at_home = not policy.own_paths
        """Whether a reference without a host of its own can't be held."""
        self._familiar = familiar_tags((policy.key, own.scheme, own.host, codec))
        folder = own.path[: own.path.rfind("/")]
        self._familiar_here = familiar_tags((policy.key, own.scheme, own.host, codec, folder))
        self._path_mattered = False
        self._passages: list[Passage] = []
        self._by_path = False

    def inside_attribute(self) -> "Judge":
        """This judge for a document in an attribute of this page: its addresses are resolved like the page's."""
        inner = Judge(self.policy, self.page, "utf-8")
        inner._resolve_against(self.bases)
        return inner

    def add_base(self, reference: str, *, certain: bool) -> None:
        """Take the ``href`` of a ``<base>``."""
        base = Base.of(resolve(reference, self._page_base).url)
        if base is None:
            return
        self._path_mattered = True
        if certain:
            self._resolve_against((base, *(other for other in self.bases if other is not self._page_base)))
        elif base not in self.bases and len(self.bases) < _MAX_BASES:
            self._resolve_against((*self.bases, base))

    def _resolve_against(self, bases: tuple[Base, ...]) -> None:
        self.bases = bases
        self.stays_at_home = self._at_home() and not self.policy.own_paths
        for passage in self._passages:
            passage.relative = self._at_home()
        self._familiar, self._familiar_here = set(), set()

    @property
    def path_mattered(self) -> bool:
        """Whether the page's path, not only its host, went into an answer."""
        return self._path_mattered or any(passage.by_path for passage in self._passages)

    def passage(
        self, ask: Callable[[int, bytes], list[str]], placeholder: Callable[[bytes, bool], bytes]
    ) -> Passage:
        """What passes over the parts of this page that need no look; see :class:`.clearance.Clearance` for the rest."""
        passage: Passage = walk.passing.Passage(
            Clearance(self.policy, self._page_base, self.codec, ask, self.names, placeholder)
        )
        passage.relative = self._at_home()
        self._passages.append(passage)
        return passage

    def clears_code(self, raw: bytes) -> bool:
        """Whether nothing of a script with the text *raw* can be held, as far as the walk can tell."""
        return bool(self._passages) and bool(self._passages[0].clears_code(raw))

    def clears_style(self, raw: bytes) -> bool:
        """The same for a style sheet's."""
        return bool(self._passages) and bool(self._passages[0].clears_style(raw))

    def _at_home(self) -> bool:
        return all(base.host == self._own_host for base in self.bases)

    def names(self, services: Iterable[str]) -> bytes:
        """The attribute of a held script that says what it would have defined; empty where nothing is known of that."""
        return _names(tuple((service, tuple(self.policy.globals_of(service))) for service in services))

    def begin_tag(self) -> None:
        """The questions that follow are about another tag."""
        self._by_path = False

    def remember(self, tag: bytes) -> None:
        """Note that the tag of which the last questions were is harmless, as long as no other ``<base>`` counts."""
        remember(self._familiar_here if self._by_path else self._familiar, tag)

    def is_familiar(self, tag: bytes) -> bool:
        """Whether a start tag, as it is written, is known to be harmless on this page."""
        if tag in self._familiar:
            return True
        if tag not in self._familiar_here:
            return False
        self._path_mattered = True
        return True

    def text(self, raw: bytes) -> str:
        """An attribute's value as the page's scripts would read it."""
        return decode_attribute(self.decode(raw))

    def decode(self, raw: bytes) -> str:
        """Bytes of the page as text; what can't be decoded becomes U+FFFD."""
        return raw.decode("ascii" if raw.isascii() else self.codec, "replace")

    def may_be_held(self, raw: bytes) -> bool:
        """Whether an attribute's raw value can be a held address at all."""
        return not self.stays_at_home or MAY_LEAVE.search(raw) is not None

    def url(self, reference: str) -> str | None:
        """The service that a reference, decoded, leads to, if it is held."""
        for base in self.bases:
            resolved = resolve(reference, base)
            if not resolved.host:
                return self._without_host(resolved.scheme, resolved.url)
            if resolved.host == self._own_host:
                if not self.policy.own_paths:
                    continue
                if resolved.by_path:
                    self._path_mattered = self._by_path = True
            if service := self.policy.held_url(resolved.url):
                return service
        return None

    def placeholder(self, reference: str) -> str | None:
        """What a frame shows in the place of a held *reference*, if anything."""
        return self.policy.placeholder(resolve(reference, self.bases[0]).url)

    def urls(self, references: Iterable[str]) -> list[str]:
        """The held services among several references, each once."""
        return list(dict.fromkeys(service for reference in references if (service := self.url(reference))))

    def srcset(self, value: str) -> list[str]:
        """The held services in a ``srcset``."""
        return self.urls(candidates(value))

    def css(self, css: str) -> list[str]:
        """The held services that CSS would fetch from."""
        return held_in(css, self.url)

    def refresh(self, content: str) -> str | None:
        """The held service that a ``<meta http-equiv=refresh>`` leads to (WHATWG HTML §4.2.5.3)."""
        match = _REFRESH.match(content)
        return self.url(match[1]) if match and match[1] else None

    def code(self, code: str) -> list[str]:
        """The held services whose signature *code* carries or whose modules it imports."""
        signed = self.policy.held_inline(code)
        imported = self.urls(imports(code))
        if imported and (runs := without_text(code)) is not None:
            imported = self.urls(imports(runs))
        return list(dict.fromkeys([*([signed] if signed else []), *imported]))

    def script(self, text: str, kind: ScriptKind) -> list[str]:
        """The held services that an inline script of a *kind* belongs to or would fetch from."""
        if kind is ScriptKind.CODE:
            return self.code(text)
        return self.urls(quoted(text)) if kind is ScriptKind.ADDRESSES else []

    def mentioned(self, text: str) -> str | None:
        """The first held service whose address stands in *text*, whatever for."""
        return next(iter(self.urls(_MENTIONED.findall(text))), None)

    def _without_host(self, scheme: str, url: str) -> str | None:
        if scheme == "javascript":
            return next(iter(self.code(unquote_to_bytes(url).decode("utf-8", "replace"))), None)
        if scheme != "data" or _INERT_DATA.match(url):
            return None
        head, _, payload = url.partition(",")
        data = unquote_to_bytes(payload)
        if head.lower().rstrip().endswith("base64"):
            try:
                data = base64.b64decode(data + b"==", validate=False)
            except binascii.Error:
                return None
        text = decode_attribute(data.decode("utf-8", "replace"))
        return self.mentioned(text) or next(iter(self.code(text)), None)


@lru_cache(256)
def _names(told: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    text = " ".join(f"{service}={','.join(names)}" for service, names in told if names)
    return b' data-hb-names="%s"' % escape(text).encode("ascii", "xmlcharrefreplace") if text else b""

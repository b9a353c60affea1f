"""The signed cookie: what a visitor chose, carried by their browser and believed only with our signature.

A value is ``base64url(payload).base64url(HMAC-SHA-256)``. The payload is binary, because it travels with every
request: a visitor who allowed two hundred services still sends under a kilobyte. A service is written as the
first three bytes of the SHA-256 of its id; ids that would collide are refused when the signer is made, so among the
services that are known a fingerprint never stands for another one.
"""

import base64
import hashlib
import struct
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from itsdangerous import BadSignature

from ...proxy.rules.model import ASKED, Purpose, Regime
from .signer import signer

LIFETIME = 180 * 24 * 3600
"""Seconds that a choice stands, granted or refused alike: six months (CNIL guidelines 2020-091 §36-39, Garante
231/2021 §6.2). Under the 400 days to which browsers cut every cookie."""

SECURE_NAME = "__Host-hb"
PLAIN_NAME = "hb"
LATER_NAME = "hb-later"
"""Set by the guard until the browser is closed, where the visitor has closed the notice without an answer."""
COOKIE_NAMES = frozenset({SECURE_NAME, PLAIN_NAME, LATER_NAME})

_FORMAT = 2
_HEAD = struct.Struct(">B16sIII8s8s8s8sBB")
_FINGERPRINT = 3
_LONGEST = 4096
_REGIMES = tuple(Regime)
_GPC = 0x80


class Colliding(ValueError):
    """Two service ids have the same fingerprint; one of them must be renamed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one visitor decided on one host.

    ``id`` is the UUID under which the log knows the visitor; ``at`` is in seconds since the epoch. ``purposes`` holds
    the asked purposes that were granted whole, ``services`` the id of every service that was granted, under those or
    singly. ``notice`` is the start of the hash of the notice that was shown, ``edition`` that of what it asked about.
    ``gpc`` tells that the signal was on when the visitor chose. ``record`` is the choice's index in the log, ``size``
    the size of the tree that it came into, and ``leaf`` the first eight bytes of its leaf's hash: a choice counts as
    far as the log bears it out.
    """

    id: str
    at: int
    host: str
    notice: str
    purposes: frozenset[Purpose] = frozenset()
    services: frozenset[str] = frozenset()
    regime: Regime = Regime.OPT_IN
    gpc: bool = False
    edition: str = ""
    record: int = 0
    size: int = 0
    leaf: bytes = bytes(8)

    def expired(self, now: float, lifetime: int = LIFETIME) -> bool:
        """Whether the choice is older than *lifetime* seconds, and the visitor is to be asked again."""
        return now >= self.at + lifetime


def cookie_name(scheme: str) -> str:
    """The cookie's name: with the ``__Host-`` prefix (RFC 6265bis §4.1.3.2) wherever the visitor uses HTTPS."""
    return SECURE_NAME if scheme == "https" else PLAIN_NAME


def set_cookie(value: str, scheme: str, max_age: int = LIFETIME) -> str:
    """The ``Set-Cookie`` line that carries *value*: unreadable for scripts, sent with top-level navigations only
    to this very host.
    """
    secure = "; Secure" if scheme == "https" else ""
    return f"{cookie_name(scheme)}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"


def strictest(choices: Sequence[Choice]) -> Choice:
    """The one choice that several copies of the cookie amount to: what all of them grant, nothing more.

    Copies come to be when somebody plants a second cookie, or a browser keeps one of an older name. *choices* must not
    be empty.
    """
    newest = max(choices, key=lambda choice: choice.at)
    return replace(
        newest,
        purposes=frozenset.intersection(*(choice.purposes for choice in choices)),
        services=frozenset.intersection(*(choice.services for choice in choices)),
    )


class ChoiceSigner:
    """Signs choices with the first of *secrets* and believes those signed with any of them.

    A secret that is taken out of the list is retired: what it signed is no choice any more. *services* are the ids
    of every service that is known; a granted service that is not among them is dropped when a value is read.
    """

    def __init__(self, secrets: Sequence[bytes], services: Iterable[str]) -> None:
        self.epoch = 0
        """Another number whenever other secrets count: whoever remembers what was read must read it anew."""
        self.use(secrets)
        self._fingerprints: dict[str, bytes] = {}
        self._services: dict[bytes, str] = {}
        for service in sorted(services):
            mark = _digest(service, _FINGERPRINT)
            if mark in self._services:
                raise Colliding(
                    f"the service ids {self._services[mark]!r} and {service!r} collide: rename one"
                )
            self._services[mark] = service
            self._fingerprints[service] = mark
        self._marks = lru_cache(1024)(self._joined)

    def use(self, secrets: Sequence[bytes]) -> None:
        """Go on with *secrets*, while others sign and read in other threads. ValueError if there is none."""
        self._signer = signer(secrets, b"holdback.choice")
        self.epoch += 1

    def sign(self, choice: Choice) -> str:
        """The cookie's value for *choice*. KeyError for a granted service that is not known."""
        purposes = sum(1 << bit for bit, purpose in enumerate(ASKED) if purpose in choice.purposes)
        head = _HEAD.pack(
            _FORMAT,
            uuid.UUID(choice.id).bytes,
            choice.at,
            choice.record,
            choice.size,
            choice.leaf,
            _digest(bare_host(choice.host), 8),
            bytes.fromhex(choice.notice[:16].ljust(16, "0")),
            bytes.fromhex(choice.edition[:16].ljust(16, "0")),
            purposes,
            _REGIMES.index(choice.regime) | (_GPC if choice.gpc else 0),
        )
        payload = base64.urlsafe_b64encode(head + self._marks(choice.services)).rstrip(b"=")
        return self._signer.sign(payload).decode("ascii")

    def _joined(self, services: frozenset[str]) -> bytes:
        return b"".join(sorted(self._fingerprints[service] for service in services))

    def read(self, value: str, host: str) -> Choice | None:
        """The choice that *value* carries for *host*; None if it is forged, cut, of another host or a retired key.

        It never raises, whatever *value* is: it comes from the network. Age is not looked at here; see
        :meth:`Choice.expired`.
        """
        if len(value) > _LONGEST:
            return None
        try:
            payload = self._signer.unsign(value.encode("ascii"))
            raw = base64.b64decode(payload + b"=" * (-len(payload) % 4), altchars=b"-_", validate=True)
            fields = _HEAD.unpack_from(raw)
        except (BadSignature, UnicodeEncodeError, ValueError, struct.error):
            return None
        version, identity, at, record, size, leaf, bound, notice, edition, purposes, flags = fields
        if version != _FORMAT or bound != _digest(bare_host(host), 8):
            return None
        marks = (raw[i : i + _FINGERPRINT] for i in range(_HEAD.size, len(raw), _FINGERPRINT))
        return Choice(
            id=str(uuid.UUID(bytes=identity)),
            at=at,
            host=host,
            notice=notice.hex(),
            purposes=frozenset(purpose for bit, purpose in enumerate(ASKED) if purposes >> bit & 1),
            services=frozenset(self._services[mark] for mark in marks if mark in self._services),
            regime=_REGIMES[flags & 0x0F],
            gpc=bool(flags & _GPC),
            edition=edition.hex(),
            record=record,
            size=size,
            leaf=leaf,
        )


def bare_host(host: str) -> str:
    """*host* as a cookie is bound to it: lower-case, no port (cookies know none), no dot at the end."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].rstrip(".").lower()


def _digest(text: str, size: int) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:size]

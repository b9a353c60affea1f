"""The form's token: proof that a choice answers a notice which this host rendered not long ago.

It holds nothing about the visitor, so that pages stay the same for all who have the same notice and can be
remembered; the time in it is therefore rounded down to five minutes. It is binary, because no coding makes it smaller
on its way, and every page has one.
"""

import base64
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature

from ...proxy.rules.model import Regime
from ..consent.signed_choice import bare_host
from ..consent.signer import signer
from .notice import Notice

LIFETIME = 12 * 3600
"""Seconds that a rendered notice may be answered."""

ROUNDED_TO = 300
"""Seconds to which a token's time is rounded down: within them a page's token is the same."""
_LONGEST = 16384
_RENEWABLE = 60
"""Seconds in which a choice that was cleared away may be set again: a redirect takes less than one."""
_HEAD = struct.Struct(">16s8s8sIB")
_REGIMES = tuple(Regime)
_GPC = 0x80


@dataclass(frozen=True, slots=True)
class Token:
    """Which notice was shown, in what language, when, and under which regime and signal.

    ``notice`` is the first half of its hash: nobody finds another text with the same 128 bits.
    """

    notice: str
    language: str
    issued: int
    regime: Regime
    gpc: bool
    edition: str
    """The digest of what the notice lists."""
    service: str = ""
    """The one service that the form allows, where it stands in the place of a held embed."""
    listed: tuple[str, ...] = ()
    """The ids of what the notice lists, where other processes may not know of this edition yet."""


class TokenSigner:
    """Issues and reads tokens, with the secrets of the signed cookie and a salt of its own: neither can pass for
    the other. The first of *secrets* signs, all of them verify.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self.use(secrets)

    def use(self, secrets: Sequence[bytes]) -> None:
        """Go on with *secrets*, while others sign and read in other threads. ValueError if there is none."""
        self._signer = signer(secrets, b"holdback.form")
        self._renewals = signer(secrets, b"holdback.again")

    def issue(
        self, notice: Notice, *, host: str, now: float, service: str = "", listed: Sequence[str] = ()
    ) -> str:
        """A token for the form of *notice* on *host* that is rendered at *now* (seconds since the epoch).

        *service* and *listed* are as in a :class:`Token`.
        """
        issued = int(now) // ROUNDED_TO * ROUNDED_TO
        head = _HEAD.pack(
            bytes.fromhex(notice.hash[:32]),
            bytes.fromhex(notice.edition.digest),
            _of(host),
            issued,
            _REGIMES.index(notice.regime) | (_GPC if notice.gpc else 0),
        )
        rest = "\0".join((notice.language, service, *listed)).encode()
        payload = base64.urlsafe_b64encode(head + rest).rstrip(b"=")
        return self._signer.sign(payload).decode("ascii")

    def read(self, value: str, host: str, now: float) -> Token | None:
        """The token in *value*; None if it is missing, forged, too old, or of another host. It never raises."""
        if not value or len(value) > _LONGEST:
            return None
        try:
            payload = self._signer.unsign(value.encode("ascii"))
            raw = base64.b64decode(payload + b"=" * (-len(payload) % 4), altchars=b"-_", validate=True)
            notice, edition, bound, issued, flags = _HEAD.unpack_from(raw)
            language, service, *listed = raw[_HEAD.size :].decode().split("\0")
        except (BadSignature, UnicodeError, ValueError, struct.error):
            return None
        if bound != _of(host) or not issued <= now < issued + LIFETIME:
            return None
        return Token(
            notice.hex(),
            language,
            issued,
            _REGIMES[flags & ~_GPC],
            bool(flags & _GPC),
            edition.hex(),
            service,
            tuple(listed),
        )

    def issue_renewal(self, value: str, now: float) -> str:
        """A token by which the signed cookie's *value* may be set again, for a minute from *now* on."""
        return self._renewals.sign(f"{int(now) + _RENEWABLE:x}~{value}".encode("ascii")).decode("ascii")

    def read_renewal(self, token: str, now: float) -> str:
        """The value in *token*; empty if it is forged or too old. It never raises."""
        if len(token) > _LONGEST:
            return ""
        try:
            until, _, value = self._renewals.unsign(token.encode("ascii")).decode("ascii").partition("~")
            return value if now <= int(until, 16) else ""
        except (BadSignature, ValueError):
            return ""


def _of(host: str) -> bytes:
    """What a token says of the host that it is for."""
    return hashlib.sha256(bare_host(host).encode()).digest()[:8]

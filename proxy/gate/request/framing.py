"""What is refused before anybody looks at it: requests that two servers could read in two ways.

The servers underneath let some of these through (two Host headers, Content-Length with Transfer-Encoding), so the
gate looks for itself. Rules: RFC 9110 §7.2, §8.6; RFC 9112 §3.2, §5.2, §6.1, §6.3; sizes: RFC 6585 §5.
"""

import re
from dataclasses import dataclass

from ...http.headers import Headers


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a request's head is read. Bytes, and a count of header lines."""

    target_bytes: int = 16_384
    head_bytes: int = 65_536
    header_count: int = 128


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused, and with which status."""

    status: int
    reason: str


_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NAMES = re.compile(rb"(?:%(t)s\n)*%(t)s|" % {b"t": _METHOD.pattern})
_VALUES = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(rb"/[\x21-\x7e\x80-\xff]*")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~\-]+)(?::[0-9]{0,5})?")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")  # with a leading zero some take it for octal
_MEANINGFUL = frozenset(
    {
        b"x-real-ip",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"proxy-authorization",
        b"sec-gpc",
    }
)
_OURS = (b"x-forwarded-", b"x-holdback-")


def _is_twin(name: bytes) -> bool:
    """Whether servers take *name* for another: CGI and WSGI make one variable of ``X-A_B``, ``X_A-B`` and ``X-A-B``."""
    plain = name.replace(b"_", b"-")
    return plain != name and (plain in _MEANINGFUL or plain.startswith(_OURS))


def refusal(
    method: bytes, target: bytes, http_version: str, headers: Headers, limits: Limits = DEFAULT_LIMITS
) -> Refusal | None:
    """Why this request's head can't be forwarded unambiguously; None where it can."""
    return bad_start(method, target, limits) or bad_headers(http_version, headers, limits)


def bad_start(method: bytes, target: bytes, limits: Limits = DEFAULT_LIMITS) -> Refusal | None:
    """:func:`refusal` for what a request's first line says."""
    if len(target) > limits.target_bytes:
        return Refusal(414, "The address is too long.")
    if method == b"CONNECT" or not _METHOD.fullmatch(method):
        return Refusal(400, "This method is not served here.")
    if not _TARGET.fullmatch(target):
        return Refusal(400, "The request's target is not a path.")
    return None


def bad_headers(http_version: str, headers: Headers, limits: Limits = DEFAULT_LIMITS) -> Refusal | None:
    """:func:`refusal` for a request's header lines."""
    if len(headers) > limits.header_count:
        return Refusal(431, "There are too many header lines.")
    return _bad_lines(headers, limits) or _bad_meaning(http_version, headers)


def _bad_lines(headers: Headers, limits: Limits) -> Refusal | None:
    """All names and all values are looked at in one go each: this runs for all lines that were not seen before."""
    names = b"\n".join([name for name, _ in headers])
    values = b"\n".join([value for _, value in headers])
    if len(names) + len(values) + 4 * len(headers) > limits.head_bytes:
        return Refusal(431, "The header lines are too long.")
    between = max(0, len(headers) - 1)
    if names.count(b"\n") != between or values.count(b"\n") != between:
        return Refusal(400, "A header line has a line break in it.")
    if not _NAMES.fullmatch(names) or not _VALUES.fullmatch(values):
        return Refusal(400, "A header line has characters that no header may have.")
    if b"_" in names and any(_is_twin(name) for name, _ in headers):
        return Refusal(400, "A header name has an underscore where a hyphen belongs.")
    return None


def _bad_meaning(http_version: str, headers: Headers) -> Refusal | None:
    hosts: list[bytes] = []
    lengths: list[bytes] = []
    codings: list[bytes] = []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name == b"expect" and value.lower() != b"100-continue":
            return Refusal(417, "The only expectation that is met here is 100-continue.")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return Refusal(400, "Exactly one well-formed Host header is needed.")
    return _bad_length(http_version, lengths, codings) if lengths or codings else None


def _bad_length(http_version: str, lengths: list[bytes], codings: list[bytes]) -> Refusal | None:
    """RFC 9112 §6.3 names which of two lengths wins; whoever sends two means to be read twice."""
    if codings:
        if lengths:
            return Refusal(400, "A request has either a Content-Length or a Transfer-Encoding.")
        if http_version in {"1.0", "2", "3"} or [coding.strip(b" \t").lower() for coding in codings] != [
            b"chunked"
        ]:
            return Refusal(400, "The only Transfer-Encoding that is served here is chunked.")
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
        return Refusal(400, "The Content-Length is not one number.")
    return None

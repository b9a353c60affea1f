"""What can go wrong between us and the site, by what the visitor is told."""


class UpstreamError(Exception):
    """The site did not answer as HTTP wants it. ``status`` is what the visitor gets if nothing was sent yet."""

    status = 502


class Unreachable(UpstreamError):
    """No connection could be made: nobody listens, the name is unknown, or its certificate is not trusted."""


class Unanswered(UpstreamError):
    """The site closed the connection before the first byte of an answer."""


class Truncated(UpstreamError):
    """The site cut its answer short, or sent something that is no HTTP."""


class TimedOut(UpstreamError):
    """The site took longer than the owner's settings allow (RFC 9110 §15.6.5)."""

    status = 504


class VisitorGone(Exception):
    """The visitor left in the middle of their request's body: it must not look complete to the site."""

"""Where the site is. The address comes from the owner's settings alone, never from a request."""

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A site's scheme (``http`` or ``https``), host name or address, and port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "Origin":
        """The origin that *url* names. Raises ValueError for other schemes, or without a host."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url} is not the http(s) address of a site")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])

    def tls(self) -> ssl.SSLContext | None:
        """How to speak TLS with the site: its certificate is verified. None for plain HTTP.

        ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name other authorities, as everywhere with OpenSSL.
        """
        if self.scheme == "http":
            return None
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

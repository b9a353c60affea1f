"""``holdback preview``: a live site on loopback, seen through the gate."""

import asyncio
import http.client
import signal
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from mitmproxy.options import Options
from mitmproxy.tools.dump import DumpMaster

from ..assembly.assembly import assemble
from ..settings.model import Settings
from .addon import GateAddon
from .mapping import Mapping

_REDIRECTS = 10
_MOVED = frozenset({301, 302, 303, 307, 308})
_PATIENCE = 20.0


class PreviewError(Exception):
    """The site can't be shown; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Landing:
    """Where an address leads in the end: the site's origin, and the page on it."""

    origin: str
    path: str


def find(url: str, *, trust: ssl.SSLContext) -> Landing:
    """Follow *url*'s redirects, as ``https://example.com`` commonly leads to ``https://www.example.com/en/``.

    Raises :class:`PreviewError` where nobody answers.
    """
    address = url if "://" in url else f"https://{url}"
    for _ in range(_REDIRECTS):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PreviewError(f"{url} is not the address of a site, such as https://www.example.com/.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status, location = _head(parts.scheme, parts.hostname, parts.port, path, trust)
        if status not in _MOVED or not location:
            return Landing(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", path)
        address = urljoin(address, location)
    raise PreviewError(f"{url} redirects more than {_REDIRECTS} times.")


def _head(
    scheme: str, host: str, port: int | None, path: str, trust: ssl.SSLContext
) -> tuple[int, str | None]:
    connection: http.client.HTTPConnection
    if scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=trust)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "identity"})
        response = connection.getresponse()
        return response.status, response.getheader("Location")
    except ssl.SSLCertVerificationError as error:
        raise PreviewError(f"The certificate of {host} is not trusted ({error.verify_message}).") from None
    except (OSError, http.client.HTTPException) as error:
        raise PreviewError(f"{host} does not answer: {error}.") from None
    finally:
        connection.close()


def run(
    landing: Landing, settings: Settings, *, trust: Path | None, insecure: bool, ready: Callable[[str], None]
) -> None:
    """Show the site until the process is told to stop. *ready* is called once with the preview's address.

    *trust* is a file of certificate authorities in PEM, besides the usual ones. Raises :class:`PreviewError`.
    """
    visitor = f"http://{settings.listen_host}:{settings.listen_port}"
    _must_be_free(settings.listen_host, settings.listen_port)
    with tempfile.TemporaryDirectory(prefix="holdback-preview-") as folder:
        options = Options(
            mode=[f"reverse:{landing.origin}@{settings.listen_host}:{settings.listen_port}"],
            confdir=folder,
            ssl_insecure=insecure,
            ssl_verify_upstream_trusted_ca=str(trust) if trust else None,
        )
        asyncio.run(_run(options, landing, settings, visitor, ready))


def _must_be_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise PreviewError(f"{host}:{port} can't be listened on: {error.strerror}.") from None


async def _run(
    options: Options, landing: Landing, settings: Settings, visitor: str, ready: Callable[[str], None]
) -> None:
    master = DumpMaster(options, loop=asyncio.get_running_loop(), with_termlog=False, with_dumper=False)
    # The gate sees the name that the visitor's browser uses, so we rewrite Host, and mitmproxy must not.
    master.options.update(keep_host_header=True, connection_strategy="lazy")  # type: ignore[no-untyped-call]
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, master.shutdown)
    async with assemble(settings) as assembly:
        mapping = Mapping(landing.origin, visitor)
        tell = _Ready(lambda: ready(visitor + landing.path))
        master.addons.add(GateAddon(assembly, mapping), tell)  # type: ignore[no-untyped-call]
        await master.run()


class _Ready:
    """Tells when mitmproxy listens."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def running(self) -> None:
        self._tell()

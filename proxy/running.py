"""What one server process runs: the assembled parts behind the reverse proxy."""

from .asgi.access_log import AccessLog, writer
from .asgi.reverse import Reverse
from .asgi.types import App
from .asgi.worker import Running
from .assembly import assemble
from .gate.forwarding import is_trusted
from .settings import Settings
from .upstream.client import Upstream
from .upstream.pool import Timeouts


def run(settings: Settings) -> Running:
    """Build what serves *settings*; called in every process, inside its event loop."""
    assembly = assemble(settings)
    assembly.counting.start()
    limits = settings.limits
    upstream = Upstream(
        settings.upstream,
        timeouts=Timeouts(
            connect=limits.connect_timeout, first_byte=limits.first_byte_timeout, idle=limits.idle_timeout
        ),
        shared=lambda address: is_trusted(address, settings.trusted_hops),
    )
    app: App = Reverse(
        assembly.gate,
        upstream,
        assembly.banner_app,
        in_flight=limits.in_flight,
        patience=limits.idle_timeout,
        viewed=assembly.viewed,
        witness=assembly.witness,
    )
    write = writer(settings.access_log)
    if write is not None:
        app = AccessLog(app, write, settings.trusted_hops)

    async def close() -> None:
        upstream.close()
        await assembly.close()

    return Running(app, close)

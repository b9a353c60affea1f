"""The two adapters that have no command of their own, as processes: ``python -m tests.support.adapters``.

``middleware PORT CONFIG`` serves the site in process; ``mitmproxy PORT CONFIG`` stands in front of its upstream.
"""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from holdback.proxy.asgi.middleware import HoldbackMiddleware
from holdback.proxy.assembly.assembly import assemble
from holdback.proxy.laboratory.addon import GateAddon
from holdback.proxy.settings.model import Settings
from holdback.proxy.settings.sources import load
from mitmproxy.options import Options
from mitmproxy.tools.dump import DumpMaster

from .one_site import app


def on_stop(stop: Callable[[], None]) -> None:
    """Have *stop* called when the process is told to end: what is counted is in the log only after a clean end."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)


async def middleware(port: int, settings: Settings) -> None:
    """The site inside the middleware."""
    inside = HoldbackMiddleware(app, **settings.model_dump(exclude_unset=True))
    server = Server(inside, "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False)
    on_stop(server.stop)
    await server.serve()


async def mitmproxy(port: int, settings: Settings) -> None:
    """mitmproxy with the addon, as a reverse proxy that passes Host on."""
    with tempfile.TemporaryDirectory() as folder:
        mode = f"reverse:{settings.upstream}@127.0.0.1:{port}"
        master = DumpMaster(Options(mode=[mode], confdir=folder), with_termlog=False, with_dumper=False)
        master.options.update(keep_host_header=True)  # type: ignore[no-untyped-call]
        on_stop(master.shutdown)
        async with assemble(settings) as assembly:
            master.addons.add(GateAddon(assembly))  # type: ignore[no-untyped-call]
            await master.run()


if __name__ == "__main__":
    kind, port, config = sys.argv[1:]
    run = {"middleware": middleware, "mitmproxy": mitmproxy}[kind]
    asyncio.run(run(int(port), load(Path(config))))

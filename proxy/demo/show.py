"""``holdback demo``: raise the stage, put Holdback in front of it, say where everything is."""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

from ..serving.process import run
from ..serving.server import serve
from ..settings.model import Settings
from .scenery import Scenery
from .stage import free_port, is_free, stage

_PORT = 8000
_WORDS = """
  The shop behind Holdback      {shop}
  The same shop without         {plain}
  What the trackers received    {received}

Open the first and the last side by side: nothing arrives until you agree, everything after.
Take it back with the control in the corner of the page. Ctrl-C ends the demo.

What was decided is in a log: holdback log show --data {data}
"""


def show(port: int | None, data: Path | None, *, say_json: bool = False) -> None:
    """Run the demo until the process is told to stop.

    Without *port* the usual one is taken, or any that is free; without *data* the consent log is thrown away at
    the end.
    """
    scenery = _scenery(port)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdback-demo-")))
        settings = Settings(**scenery.settings(), data=folder)
        stack.enter_context(stage(scenery))
        _announce(scenery, folder, say_json=say_json)
        serve(settings, run)


def _scenery(port: int | None) -> Scenery:
    if port is None:
        port = _PORT if is_free(_PORT) else free_port()
    return Scenery(port, port + 1 if port < 65_535 and is_free(port + 1) else free_port())


def _announce(scenery: Scenery, data: Path, *, say_json: bool) -> None:
    addresses = {
        "shop": scenery.shop,
        "plain": scenery.plain,
        "received": scenery.received,
        "data": str(data),
    }
    print(json.dumps(addresses) if say_json else _WORDS.format(**addresses), flush=True)

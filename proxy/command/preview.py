"""What ``holdback preview`` needs before it can begin: the extra, a folder, the place where the site really is."""

import os
import ssl
import tempfile
from contextlib import ExitStack
from pathlib import Path

from ..settings.sources import load
from .failure import Failure
from .options import say


def run_preview(
    url: str, *, listen: str | None, config: Path | None, data: Path | None, insecure: bool, say_json: bool
) -> None:
    """Show *url* until the process is told to stop. Raises :class:`.Failure`."""
    try:
        from ..laboratory import preview
    except ModuleNotFoundError as error:
        if error.name != "mitmproxy":
            raise
        raise Failure('preview needs the extra "scan": pip install "holdback[scan]".', 2) from None
    load(config, {"listen": listen})  # a bad setting is told before anybody is asked
    authorities = os.environ.get("SSL_CERT_FILE")
    try:
        landing = preview.find(url, trust=_trust(insecure))
        with ExitStack() as stack:
            folder = data or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="holdback-preview-"))
            )
            settings = load(config, {"listen": listen, "data": folder, "upstream": landing.origin})

            def ready(address: str) -> None:
                if say_json:
                    say({"preview": address, "site": landing.origin, "data": str(folder)})
                else:
                    print(f"Holdback shows {landing.origin} on {address} (Ctrl-C ends it)", flush=True)

            preview.run(
                landing,
                settings,
                trust=Path(authorities) if authorities else None,
                insecure=insecure,
                ready=ready,
            )
    except preview.PreviewError as error:
        raise Failure(str(error)) from None


def _trust(insecure: bool) -> ssl.SSLContext:
    # The default context reads SSL_CERT_FILE, where an owner names an authority of their own.
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

"""``holdback serve``, ``demo`` and ``preview``: the gate in front of a site."""

import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from .failure import Failure
from .options import Config, Data, Json, Upstream, command, warn

if TYPE_CHECKING:
    from ..settings.model import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    command(app)(serve)
    command(app)(demo)
    command(app)(preview)


Listen = Annotated[str | None, typer.Option("--listen", metavar="HOST:PORT", help="Where visitors connect.")]


def serve(
    upstream: Upstream = None,
    listen: Listen = None,
    config: Config = None,
    data: Data = None,
    workers: Annotated[str | None, typer.Option(metavar="N", help="How many processes.")] = None,
    enforce: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help='"known" holds what is known to track, "strict" all the rest too.'
        ),
    ] = None,
    geo_database: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="MMDB that tells visitors' countries; without: the strictest rules."
        ),
    ] = None,
    tls_certificate: Annotated[
        str | None, typer.Option(metavar="FILE", help="PEM file with the certificate chain.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="PEM file with the certificate's key.")
    ] = None,
    access_log: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help='"stderr" or a file: one line of JSON for each request.'),
    ] = None,
) -> None:
    """Put Holdback in front of a site.

    Needs no settings file: what is known to track is held back until the visitor agrees, and every decision is
    kept in a log under --data.

    `holdback serve --upstream http://127.0.0.1:9000 --listen 127.0.0.1:8080`

    `holdback serve --config holdback.toml --workers 4`
    """
    from ..serving.process import run as build
    from ..serving.server import CannotListen
    from ..serving.server import serve as run
    from ..settings.sources import load, must_be_readable
    from .lint import site_warnings

    flags = {
        "upstream": upstream,
        "listen": listen,
        "data": data,
        "workers": workers,
        "enforce": enforce,
        "geo_database": geo_database,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "access_log": access_log,
    }
    settings = load(config, flags, require=["upstream"])
    must_be_readable(settings)
    for finding in site_warnings(settings):
        warn(finding)
    _must_be_usable(settings)
    _tell_lists(settings)
    if settings.site.read_at_start:
        _read_first(settings)
    try:
        run(settings, build)
    except CannotListen as error:
        raise Failure(f"{error}.") from None


def _must_be_usable(settings: "Settings") -> None:
    """Make what is missing of the data folder once, before several processes would, and say why if that fails."""
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys, loose
    from ..serving.process import may_go_on, shut

    try:
        settings.store_location().open().close()
    except BadKeys as error:
        raise Failure(f"{error}.") from None
    except StoreUnavailable as error:
        if not may_go_on(settings, error):
            raise Failure(f"{error}.") from None
        warn(f"{shut(str(error))}.")
    for path in loose(settings.data):
        warn(f"{path} can be read by others than its owner: `chmod 600 {path}`.")


_OLD = timedelta(days=30)
"""After so long a list has missed some trackers."""


def _tell_lists(settings: "Settings") -> None:
    """Say which lists hold besides what is known, and how old they are."""
    for source in settings.filter_lists():
        found = source.read()
        print(f"{found.name} of {found.when}: {found.rules:,} rules hold as well.", file=sys.stderr)
        if found.when and date.today() - found.when > _OLD:
            warn(f"{found.name} is old: `holdback rules update` fetches it anew.")


def _read_first(settings: "Settings") -> None:
    """Read the site at its first start, so that the first visitor is already told what it uses."""
    import asyncio

    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys
    from ..assembly.first_reading import NotReadable, at_first_start

    shown = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown:
            print(f"\rReading the site: {done} of {of} pages", end="", file=sys.stderr, flush=True)

    try:
        read = asyncio.run(at_first_start(settings, tell))
    except NotReadable as error:
        warn(f"The site can't be read yet, so the notice fills as visitors come: {error}.")
    except (StoreUnavailable, BadKeys):
        return  # that was told before
    else:
        if read is not None:
            used = ", ".join(read.services) or "no service that is known"
            end = "\r\033[K" if shown else ""
            print(f"{end}Read {read.pages} pages of the site, which uses {used}.", file=sys.stderr)


def demo(
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Holdback's port; the shop gets the next.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what Holdback does: a small shop with trackers, with and without it.

    Everything runs on this machine and nothing leaves it. Open the three addresses that are printed: the shop
    behind Holdback, the same shop without, and a page that shows what the trackers receive from each.
    """
    from ..demo.show import show

    show(port, data, say_json=as_json)


def preview(
    url: Annotated[str, typer.Argument(metavar="URL", help="Any site, such as https://www.example.com/.")],
    listen: Listen = None,
    config: Config = None,
    data: Data = None,
    insecure: Annotated[bool, typer.Option(help="Don't verify the site's certificate.")] = False,
    as_json: Json = False,
) -> None:
    """See a live site through Holdback, without deploying anything.

    The site appears on loopback with the notice in its pages and its trackers held. What you choose is kept in
    a folder of its own and forgotten at the end, unless --data names one. Needs the extra "scan".

    `holdback preview https://www.example.com/`
    """
    from .preview import run_preview

    run_preview(url, listen=listen, config=config, data=data, insecure=insecure, say_json=as_json)

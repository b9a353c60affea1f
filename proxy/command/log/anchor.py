"""``holdback log anchor`` and ``holdback log keep``: others vouch for a log, so that its owner need not be believed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, data_folder, say
from .opening import open_log

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SECONDS = 30
_MOST = 1 << 20


def register(app: typer.Typer) -> None:
    """Add the commands to ``holdback log``."""
    command(app)(anchor)
    command(app)(keep)


def anchor(
    authority: Annotated[
        str, typer.Option(metavar="URL", help="A timestamp authority that speaks RFC 3161 over HTTP.")
    ],
    root: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="The authority's root certificate: its signature is checked too."),
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Have an authority stamp the newest checkpoint: it shows that the history stood so at that time.

    The stamp and the checkpoint are kept in the folder `anchors` of the data, and go into every archive. Run it by
    cron, once a day or an hour. Needs `pip install 'holdback[anchor]'`.

    `holdback log anchor --authority http://timestamp.example/tsa --root authority.pem`

    `openssl ts -verify -data anchors/7.checkpoint -in anchors/7.tsr -CAfile authority.pem`
    """
    try:
        from ....store.proof import timestamps
    except ModuleNotFoundError:
        raise Failure("Timestamps need another package: pip install 'holdback[anchor]'.", 2) from None
    from ....store.export import log_lines

    roots = _certificates(root) if root else []
    with open_log(config, data) as database:
        note = log_lines.checkpoint(database)
    if note is None:
        raise Failure("The log has no checkpoint yet: it gets one when the proxy starts.")
    try:
        stamped = timestamps.stamp(
            data_folder(config, data), note, lambda query: _stamped(authority, query), roots
        )
    except timestamps.BadAnchor as error:
        raise Failure(f"{authority}: {error}.") from None
    except OSError as error:
        raise Failure(f"The anchor can't be kept: {error}.") from None
    if as_json:
        say({"size": stamped.size, "time": stamped.time.isoformat(), "path": str(stamped.path)})
        return
    print(f"{stamped.path}: {stamped.size} records at {stamped.time.isoformat()}.")
    if not roots:
        print("No --root was given: that it was this authority who signed is not shown.")


def keep(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="The log's public address: https://shop.example/_hb/log")
    ],
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where checkpoints are kept.")],
    key: Annotated[
        str | None,
        typer.Option(metavar="VKEY", help="Whose signature counts; needed the first time, and kept."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep the checkpoints of somebody's log, and check that each goes on from the one before.

    For a second custodian: an auditor, a works council, the web agency. Exits 1 where the log was cut or rewritten; its
    own signature under the other history is kept then. Run it by cron.

    `holdback log keep https://shop.example/_hb/log --folder kept --key "$(cat verifier.txt)"`
    """
    from ....store.proof import custodian
    from ....store.proof.notes import BadNote, Verifier

    try:
        verifier = Verifier.parse(key) if key else None
        kept = custodian.keep(folder, lambda path: _fetched(f"{url.rstrip('/')}/{path}"), verifier)
    except BadNote as error:
        raise Failure(f"{url}: {error}; --key says whose counts.", 2) from None
    except custodian.Forked as error:
        if as_json:
            say({"ok": False, "reason": str(error)})
        raise Failure(f"{url}: {error}.") from None
    except OSError as error:
        raise Failure(f"{url} can't be kept: {error}.", 2) from None
    if as_json:
        say({"ok": True, "size": kept.checkpoint.size, "root": kept.checkpoint.root.hex(), "new": kept.new})
        return
    print(
        f"{kept.path}: {kept.checkpoint.size} records, {kept.new} of them new. It goes on from what was kept."
    )


def _certificates(path: Path) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Failure(f"{path} holds no certificate: {error}.", 2) from None


def _stamped(authority: str, query: bytes) -> bytes:
    return _read(authority, query, {"Content-Type": "application/timestamp-query"})


def _fetched(url: str) -> bytes:
    return _read(url, None, {"Accept": "*/*"})


def _read(url: str, body: bytes | None, lines: dict[str, str]) -> bytes:
    """The body of the answer, up to a megabyte. Raises ``OSError``."""
    from urllib.error import URLError
    from urllib.request import Request, urlopen

    if urlsplit(url).scheme not in ("http", "https"):
        raise Failure(f"{url} must be an http(s) URL.", 2)
    try:
        request = Request(url, body, lines)  # noqa: S310  the scheme is checked above
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            said: bytes = answer.read(_MOST)
    except URLError as error:
        raise OSError(f"{url}: {error.reason}") from error
    return said

"""``holdback log verify``: a log, an archive or a receipt, checked without a secret key."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, say, store_location
from .opening import open_log

if TYPE_CHECKING:
    from ....store.log.person_keys import Tried
    from ....store.log.verify import Fault, Verified
    from ....store.proof.notes import Verifier


def register(app: typer.Typer) -> None:
    """Add the command to ``holdback log``."""
    command(app)(verify)


def verify(
    data: Data = None,
    config: Config = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="SAVED", help="A checkpoint that was saved elsewhere: shows that nothing was cut off."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="VKEY", help="Whose signature counts; without: the one that the log names."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Instead of the data folder: an archive that was exported from it."
        ),
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead: a visitor's receipt, as JSON.")
    ] = None,
    every_signature: Annotated[
        bool,
        typer.Option("--every-signature", help="Of every checkpoint, not of the newest 1000; takes longer."),
    ] = False,
    every_key: Annotated[
        bool,
        typer.Option(
            "--every-key", help="Try the key of each person, not of 50,000 at random; takes longer."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that no record was changed, dropped or reordered.

    No secret key is needed: what is about people stays encrypted, and is checked as it lies there. Where the master
    key is at hand, the keys of people are tried as well: one that was overwritten is a person erased in silence. Where
    the events are at hand, those of people who were erased must not be among them, as from a backup. Exits 0 if all
    holds, else 1 with the first fault and the index of the record. Works on a read-only copy. Whoever holds the signing
    key could still rewrite the whole log: only a checkpoint that was saved elsewhere convicts them.

    `holdback log checkpoint > saved-somewhere-else.txt`

    `holdback log verify --checkpoint saved-somewhere-else.txt`

    `holdback log verify --archive consent-log.tar.gz`
    """
    from ....store.log.verify import Fault

    verifier = _verifier(key)
    if receipt is not None:
        _verify_receipt(receipt, verifier, as_json=as_json)
        return
    saved = _text(checkpoint) if checkpoint else None
    result = _verified(data, config, archive, verifier, saved, every_signature=every_signature)
    if isinstance(result, Fault):
        _refuse("log", result, as_json=as_json)
    keys = _beside_the_tree(data, config, every=every_key) if archive is None else None
    if isinstance(keys, Fault):
        _refuse("log", keys, as_json=as_json)
    if as_json:
        tried = {"tried": keys.tried, "of": keys.of} if keys is not None else None
        say({"ok": True, **asdict(result), "keys": tried})
        return
    _tell(result)
    if keys is not None:
        print(f"Keys of people: {keys.of}, tried: {keys.tried}, each opens.")
    elif archive is None:
        print("Keys of people: not tried, for the master key is not at hand.")
    if key is None:
        print("No --key was given: whose signature counts is what the log itself says.")
    if checkpoint is None:
        print("No saved checkpoint was given: that nothing was cut off at the end is not shown.")


def _tell(result: "Verified") -> None:
    print(f"The log holds: {result.size} records, root {result.root}.")
    print(f"Stripped to the leaf: {result.stripped}, all accounted for as erased or too old.")
    print(f"Checkpoints: {result.checkpoints}, signatures checked: {result.signatures}.")
    print(f"Signed by {result.verifier}.")
    if result.newest != result.verifier:
        print(f"The key was exchanged, each by the one before; now it is {result.newest}.")


def _verifier(key: str | None) -> "Verifier | None":
    from ....store.proof.notes import BadNote, Verifier

    try:
        return Verifier.parse(key) if key else None
    except BadNote as error:
        raise Failure(f"--key is no verifier key: {error}.", 2) from None


def _verified(
    data: Path | None,
    config: Path | None,
    archive: Path | None,
    verifier: "Verifier | None",
    saved: str | None,
    *,
    every_signature: bool,
) -> "Verified | Fault":
    if archive is None:
        from ....store.log.verify import verify as verified

        with open_log(config, data) as database:
            return verified(database, verifier=verifier, saved=saved, every_signature=every_signature)
    from ....store.export.archive import check

    try:
        return check(archive, verifier=verifier, saved=saved)
    except OSError as error:
        raise Failure(f"{archive} can't be read: {error.strerror or error}.", 2) from None


def _beside_the_tree(data: Path | None, config: Path | None, *, every: bool) -> "Tried | Fault | None":
    """What no tree has: editions, events of people who were erased, and the keys of people.

    None where the master key is not at hand.
    """
    from ....store.engine.errors import StoreUnavailable
    from ....store.events import forgotten
    from ....store.keys.keyring import BadKeys
    from ....store.log.person_keys import attempt
    from ....store.log.verify import Fault
    from ....store.site.editions import Editions

    with open_log(config, data) as database:
        if (number := Editions(database).changed()) is not None:
            return Fault(
                f"edition {number} of what visitors are asked about is not the one that its digest names"
            )
        where = store_location(config, data)
        if (erased := forgotten.in_log(database)) and where.has_events:
            with where.reading_events() as tables:
                count = forgotten.there_again(tables, erased)
            if count:
                return Fault(
                    f"{count} events of people who were erased are there again, as from a backup that was put back: "
                    "`holdback serve` erases them when it starts"
                )
        try:
            vault = where.vault(database)
            return attempt(database, vault.masters, every=every) if vault is not None else None
        except BadKeys:
            return None
        except StoreUnavailable as error:
            return Fault(str(error))


def _verify_receipt(path: Path, verifier: "Verifier | None", *, as_json: bool) -> None:
    from ....store.export.archive import check_receipt
    from ....store.log.verify import Fault

    try:
        receipt = json.loads(_text(path))
    except ValueError as error:
        raise Failure(f"{path} is not JSON: {error}.", 2) from None
    result = check_receipt(receipt, verifier=verifier)
    if isinstance(result, Fault):
        _refuse("receipt", result, as_json=as_json)
    if as_json:
        say({"ok": True, "records": result})
        return
    print(f"The receipt holds: record {', '.join(map(str, result))} in the log.")
    if verifier is None:
        print("No --key was given: whose signature counts is what the receipt itself says.")


def _refuse(what: str, fault: "Fault", *, as_json: bool) -> NoReturn:
    if as_json:
        say({"ok": False, "reason": fault.reason, "index": fault.index})
    where = "" if fault.index is None else f" (index {fault.index})"
    raise Failure(f"The {what} does not hold{where}: {fault.reason}.")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} can't be read: {error}.", 2) from None

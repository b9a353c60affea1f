"""``holdback keys``: new keys in the place of old ones."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .failure import Failure
from .options import Config, Data, Json, command, say, store_location

if TYPE_CHECKING:
    from ...store.store import StoreLocation

app = typer.Typer(no_args_is_help=True, help="Change keys while the proxy runs.")


@app.callback()
def _group() -> None:
    """Change keys while the proxy runs."""


@command(app)
def rotate(
    which: Annotated[
        str,
        typer.Argument(
            metavar="WHICH",
            help="cookie: the key that signs choices. log: the key that signs checkpoints. "
            "master: the key that the keys of people are encrypted by.",
        ),
    ],
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare", help="For log: only put the next key into log.key, to copy it to other hosts first."
        ),
    ] = False,
    retire: Annotated[
        bool,
        typer.Option("--retire", help="For master: instead, take the keys out that open nothing any more."),
    ] = False,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a new key, while the proxy runs.

    cookie: choices that older keys signed stay. To retire an old key, take its line out of `cookie.keys` once the
    choices that it signed have ended (`choice_days`), or at once if it was stolen: within a second nothing that it
    signed counts any more.

    log: a record signed by the old key names the new one, which signs from then on. Whoever knows the old key can
    follow; checkpoints that were saved stay good. The old key is deleted.

    master: every person's key is encrypted anew. Interrupted, it goes on when it is run again. The older key stays in
    its file, because backups from before need it; `--retire` takes it out. With `env:` and `command:` put the new key
    before the old one yourself, and restart the proxy, before you run this.

    `holdback keys rotate cookie`

    `holdback keys rotate master && holdback keys rotate master --retire`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys

    where = store_location(config, data)
    if (prepare and which != "log") or (retire and which != "master"):
        raise Failure("--prepare is for log alone, and --retire for master.", 2)
    try:
        match which:
            case "cookie":
                done = _cookie(where.folder)
            case "log":
                done = _log(where, prepare=prepare)
            case "master":
                done = _master(where, retire=retire)
            case _:
                raise Failure(f'The key to rotate must be cookie, log or master, not "{which}".', 2)
    except (BadKeys, StoreUnavailable) as error:
        raise Failure(f"No key was changed: {error}.") from None
    sentence, fact = done
    if as_json:
        say(fact)
    else:
        print(sentence)


type _Done = tuple[str, dict[str, object]]
"""What was done: in a sentence, and as JSON."""


def _cookie(folder: Path) -> _Done:
    from ...store.upkeep import rotation

    count = rotation.rotate(folder)
    sentence = f"Choices are signed with a new key. {count} keys verify; the newest is in the first line."
    return sentence, {"key": "cookie", "keys": count}


def _log(where: "StoreLocation", *, prepare: bool) -> _Done:
    from ...store.upkeep import rotation

    store, folder = where.open(), where.folder
    try:
        if prepare:
            named = str(rotation.prepare_log_key(folder, store.ledger).verifier)
            sentence = f"log.key holds the next key: {named}. Copy it to every host, then rotate."
            return sentence, {"key": "log", "next": named}
        index = rotation.rotate_log_key(folder, store.ledger).index
        named = str(store.ledger.signer().verifier)
    finally:
        store.close()
    sentence = f"Checkpoints are signed by {named}. Record {index}, signed by the old key, says so."
    return sentence, {"key": "log", "index": index, "verifier": named}


def _master(where: "StoreLocation", *, retire: bool) -> _Done:
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys
    from ...store.keys.master import MasterKeys
    from ...store.upkeep import master_rotation

    store = where.open()
    masters = MasterKeys(where.master, where.folder)
    try:
        if retire:
            many = master_rotation.retire(store, masters)
            return f"Keys taken out of {masters}: {many}.", {"key": "master", "retired": many}
        rounds = master_rotation.rotate(store, masters)
        progress = next(rounds)
        try:
            with typer.progressbar(length=progress.total, label="Keys of people", file=sys.stderr) as bar:
                for progress in rounds:
                    bar.update(progress.done - bar.pos)
        except (BadKeys, StoreUnavailable) as error:
            done = f"{progress.done} of {progress.total}"
            raise Failure(
                f"A new key is in force, but only {done} keys of people are encrypted by it: {error}. "
                "Run this again: it goes on."
            ) from None
        for database in store.databases:
            database.settle()
    finally:
        store.close()
    anew = progress.total - progress.broken
    sentence = (
        f"Keys of people, encrypted by a new key in {masters}: {anew}. Older keys stay there for backups."
    )
    if progress.broken:
        sentence += (
            f" {progress.broken} did not open and stay as they are: they were changed, and only a backup has them. "
            "`holdback log verify --every-key` names the first."
        )
    return sentence, {"key": "master", "rewrapped": anew, "broken": progress.broken}

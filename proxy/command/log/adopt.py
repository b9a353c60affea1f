"""``holdback log adopt``: go on with a log of which records were lost."""

import sys
from typing import Annotated

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, say, store_location


def register(app: typer.Typer) -> None:
    """Add the command to ``holdback log``."""
    command(app)(adopt)


def adopt(
    data: Data = None,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Go on with a log that has fewer records than it had, or of which records were emptied.

    The proxy takes no choice and releases nothing while the log is behind what is remembered of it: in the file
    `log.checkpoint` of the data, in `anchors`, and in visitors' cookies. Bring back the newest backup of the database
    if you can. If you can't, this adds a record that says how many records there had been. Another key signs from then
    on, so that the two histories are told apart. Whoever kept a checkpoint of the lost one is told by `log
    verify` what you have declared. Visitors whose record was lost are asked again.

    `holdback log adopt`
    """
    from ....store.engine.errors import StoreUnavailable
    from ....store.keys.keyring import BadKeys
    from ....store.upkeep.rotation import rotate_log_key

    where = store_location(config, data)
    try:
        store = where.open(adopting=True)
        try:
            amiss = store.ledger.amiss()
            if not amiss:
                _tell(
                    "Nothing is to be adopted: the log has all that is remembered of it.",
                    None,
                    as_json=as_json,
                )
                return
            if not yes and not (
                sys.stdin.isatty() and typer.confirm(f"{amiss}. Go on with it as it is?", err=True)
            ):
                raise Failure(f"Nothing was changed: {amiss}. Say --yes to go on with it as it is.")
            adopted = store.ledger.adopt()
            rotate_log_key(where.folder, store.ledger)
        finally:
            store.close()
    except (BadKeys, StoreUnavailable) as error:
        raise Failure(f"The log can't be adopted: {error}.") from None
    said = f"Record {adopted.index} says that the log goes on without {adopted.lost - adopted.index} records"
    if adopted.lost <= adopted.index:
        said = f"Record {adopted.index} says that the log goes on with what is left of its records"
    _tell(f"{said}, and another key signs from now on.", adopted.index, as_json=as_json)


def _tell(sentence: str, record: int | None, *, as_json: bool) -> None:
    if as_json:
        say({"adopted": record is not None, "record": record})
    else:
        print(sentence)

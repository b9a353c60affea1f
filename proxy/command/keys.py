"""``holdback keys``: new keys in the place of old ones."""

from typing import Annotated

import typer

from .failure import Failure
from .options import Config, Data, command, data_folder

app = typer.Typer(no_args_is_help=True, help="Change keys while the proxy runs.")


@app.callback()
def _group() -> None:
    """Change keys while the proxy runs."""


@command(app)
def rotate(
    which: Annotated[str, typer.Argument(metavar="WHICH", help="cookie: the key that signs choices.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a new key. Choices that older keys signed stay; a running proxy signs with the new one within seconds.

    To retire an old key, take its line out of `cookie.keys` once the choices that it signed have ended
    (`choice_days`), and start the proxy again.

    `holdback keys rotate cookie`
    """
    from ...store import rotation
    from ...store.keys import BadKeys

    if which != "cookie":
        raise Failure(f'The key to rotate must be cookie, not "{which}".', 2)
    folder = data_folder(config, data)
    try:
        count = rotation.rotate(folder)
    except BadKeys as error:
        raise Failure(f"No key was changed: {error}.") from None
    print(f"Choices are signed with a new key. {count} keys verify; the newest is in the first line.")

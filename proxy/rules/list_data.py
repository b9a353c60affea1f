"""Fetches EasyPrivacy and EasyList, as they are published: files of their own, unmodified, under their own licence.

They are by their authors (https://easylist.to/), and no part of Holdback: an owner who wants their breadth fetches
them. A file beside them says whose they are, and under which licences.
"""

import http.client
import os
import ssl
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

NOTICE = "lists.NOTICE"
_NOTICE = """\
easyprivacy.txt and easylist.txt are EasyPrivacy and EasyList, as their authors publish them.

    The EasyList authors, https://easylist.to/
    licensed under the GNU General Public License, version 3 or later, or under Creative Commons
    Attribution-ShareAlike 3.0 Unported or later: https://easylist.to/pages/licence.html

They are no part of Holdback, which reads them as they are.
"""
_MOST = 64 * 1024 * 1024
_PATIENCE = 60.0
_HEADING = b"[Adblock Plus"


class ListError(Exception):
    """The list could not be had; the text says why, in a sentence for the owner."""


def fetch(output: Path, url: str) -> int:
    """Put the list at *output* and return its size in bytes. Raises :class:`ListError`.

    What was there before is replaced only once the new file is whole and looks like a list.
    """
    text = _asked(url)
    if not text.lstrip(b"\xef\xbb\xbf").startswith(_HEADING):
        raise ListError(f"what {url} gives is no filter list.")
    try:
        with tempfile.NamedTemporaryFile(dir=output.parent, delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, output)
    except OSError as error:
        raise ListError(f"{output} can't be written: {error.strerror}.") from error
    return len(text)


def tell_licence(folder: Path) -> None:
    """Say in *folder* whose the lists are. Raises :class:`ListError`."""
    try:
        (folder / NOTICE).write_text(_NOTICE, "utf-8")
    except OSError as error:
        raise ListError(f"{folder / NOTICE} can't be written: {error.strerror}.") from error


def _asked(url: str) -> bytes:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=_PATIENCE, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
    )
    try:
        connection.request("GET", path, headers={"Accept": "text/plain"})
        response = connection.getresponse()
        text = response.read(_MOST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ListError(f"{url} can't be fetched: {error}.") from error
    finally:
        connection.close()
    if response.status != 200 or len(text) > _MOST:
        raise ListError(f"{url} answers {response.status} with {len(text)} bytes.")
    return text

"""Fetches EasyPrivacy, as it is published: a file of its own, unmodified, under its own licence.

EasyPrivacy is by its authors (https://easylist.to/), under GPL 3 or CC BY-SA 3.0, and no part of Holdback: an owner
who wants its breadth fetches it and names the file in ``easyprivacy``.
"""

import http.client
import os
import ssl
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

URL = "https://easylist.to/easylist/easyprivacy.txt"
_MOST = 64 * 1024 * 1024
_PATIENCE = 60.0
_HEADING = b"[Adblock Plus"


class ListError(Exception):
    """The list could not be had; the text says why, in a sentence for the owner."""


def fetch(output: Path, url: str = URL) -> int:
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

"""Link decoration: what an advertiser hung on a link to recognise who followed it (``gclid``, ``fbclid``).

It is a name for the visitor as a cookie is, so before a grant the site is not told it: it is taken off the target, and
off the ``Referer`` of requests from the site's own pages. The rest of the query goes on byte for byte.
"""

from collections.abc import Callable
from urllib.parse import unquote_plus

from ...http.headers import Headers


def undecorated(target: bytes, held: Callable[[str], bool]) -> tuple[bytes, tuple[str, ...]]:
    """*target* without the parameters that are *held*, and the names of those that it had, in their order."""
    path, _, query = target.partition(b"?")
    kept: list[bytes] = []
    gone: dict[str, None] = {}
    for pair in query.split(b"&"):
        name = unquote_plus(pair.partition(b"=")[0].decode("latin-1"))
        if held(name):
            gone[name] = None
        else:
            kept.append(pair)
    if not gone:
        return target, ()
    query = b"&".join(kept)
    return (path + b"?" + query if query else path), tuple(gone)


def own_referrer(headers: Headers, host: str, held: Callable[[str], bool]) -> Headers:
    """*headers* with the ``Referer`` undecorated where it is a page of *host*; the same list where nothing is held."""
    for number, (name, value) in enumerate(headers):
        if name != b"referer" or b"?" not in value:
            continue
        authority = value.partition(b"://")[2].partition(b"/")[0]
        if authority.decode("latin-1").lower() != host:
            continue
        bare, gone = undecorated(value, held)
        if gone:
            return [*headers[:number], (name, bare), *headers[number + 1 :]]
    return headers

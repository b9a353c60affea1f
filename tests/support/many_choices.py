"""Many visitors who choose at once, by plain sockets: who was answered is known for certain."""

import asyncio
from urllib.parse import urlencode

from .holdback_process import Holdback
from .visitor import Visitor, choice_form, visitor_id


def accepting(proxy: Holdback) -> bytes:
    """The request by which a visitor accepts everything; it may be sent any number of times."""
    form = choice_form(Visitor(proxy).get().text)
    body = urlencode([*form.hidden.items(), ("action", "accept-all")]).encode()
    head = [
        "POST /_hb/choice HTTP/1.1",
        f"Host: 127.0.0.1:{proxy.port}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


async def choose(port: int, request: bytes) -> str | None:
    """Send *request*. The id of the choice that was granted; None where it was not recorded, or nobody answered."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return None
    if head.startswith("HTTP/1.1 503"):
        return None
    assert head.startswith("HTTP/1.1 303"), head
    cookies = [line for line in head.split("\r\n") if line.lower().startswith("set-cookie: hb=")]
    return visitor_id(cookies[0].split("=", 1)[1].split(";")[0])

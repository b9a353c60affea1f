"""What was sent to a visitor so far."""

from ..exchange.answers import Answer
from ..http.headers import Headers
from .types import Message, Send


class Sent:
    """An ASGI ``send`` that remembers the status (0: nothing was sent) and counts the body's bytes."""

    __slots__ = ("_send", "bytes", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.bytes = 0

    async def __call__(self, message: Message) -> None:
        """Any message, as an application sends it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)

    async def answer(self, answer: Answer) -> None:
        """An answer of our own."""
        await self.whole(answer.status, answer.headers, answer.body)

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """A complete answer."""
        self.status = status
        self.bytes += len(body)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def start(self, status: int, headers: Headers) -> None:
        """The head of an answer."""
        self.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def more(self, data: bytes) -> None:
        """A piece of the body, not the last. Returns when the server takes more."""
        self.bytes += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def last(self, data: bytes) -> None:
        """The last piece of the body."""
        self.bytes += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

"""WebDriver BiDi: commands, answers and events over a WebSocket (W3C, "WebDriver BiDi")."""

import itertools
import json
import time
from typing import Any

from playwright.sync_api import Error
from websockets.sync.client import ClientConnection

type Message = dict[str, Any]
"""A command, an answer or an event of the protocol, or its parameters."""


class Session:
    """A session with a browser. What it tells of by itself is taken in while an answer is waited for."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.send("session.new", capabilities={})

    def send(self, method: str, **parameters: object) -> Message:
        """Have a command carried out, and answer with its result; playwright.sync_api.Error if it fails."""
        number = self.post(method, parameters)
        while answer := self._received(30):
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise Error(f"{method}: {answer['error']}: {answer['message']}")
                result: Message = answer["result"]
                return result
        raise Error(f"{method}: no answer")

    def listen(self, seconds: float) -> None:
        """Take in what happens for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._received(left)

    def post(self, method: str, parameters: Message) -> int:
        """Have a command carried out without waiting for its result, and answer with its number."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return number

    def _received(self, seconds: float) -> Message | None:
        try:
            message: Message = json.loads(self._connection.recv(timeout=seconds))
        except TimeoutError:
            return None
        if message["type"] == "event":
            self.happened(message["method"], message["params"])
        return message

    def happened(self, event: str, told: Message) -> None:
        """Take in an event."""
        raise NotImplementedError


_NUMBERS = {"NaN": float("nan"), "-0": 0, "Infinity": float("inf"), "-Infinity": float("-inf")}


def plain(told: Message) -> Any:
    """A value of the page's as Python has it (WebDriver BiDi, "script.RemoteValue"); what has none is None."""
    kind, value = told["type"], told.get("value")
    if kind in {"string", "boolean"}:
        return value
    if kind == "number":
        return _NUMBERS[value] if isinstance(value, str) else value
    if kind == "array":
        return [plain(one) for one in value or []]
    if kind == "object":
        return {key: plain(one) for key, one in value or []}
    return None

"""A Jupyter kernel over REST and WebSocket, spoken to as JupyterLab speaks to it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from websockets import Origin
from websockets.sync.client import ClientConnection, connect


def message(code: str) -> str:
    """An ``execute_request`` for *code* (Jupyter's messaging protocol 5.3, JSON over WebSocket)."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "ada",
        "session": uuid.uuid4().hex,
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    return json.dumps(
        {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    )


def connected(address: str, kernel: str, token: str) -> ClientConnection:
    """A WebSocket to every channel of *kernel*; *address* is that of the server, without a scheme."""
    return connect(
        f"ws://{address}/api/kernels/{kernel}/channels?token={token}",
        origin=Origin(f"http://{address}"),
        max_size=None,
        open_timeout=30,
        proxy=None,
    )


def run(socket: ClientConnection, code: str) -> Iterator[dict[str, Any]]:
    """Run *code* and give every message until the kernel is idle again."""
    request = message(code)
    number = json.loads(request)["header"]["msg_id"]
    socket.send(request)
    while True:
        answer: dict[str, Any] = json.loads(socket.recv(timeout=60))
        if answer["parent_header"].get("msg_id") != number:
            continue
        yield answer
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return

"""WebKit as Debian has it (WebKitGTK), Safari's engine, driven by WebDriver: https://www.w3.org/TR/webdriver2/.

It can't look into a closed shadow root, so what is done in the notice is done by keyboard. Names below ``localhost``
lead to this machine.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .processes import Process, free_port

_LIBRARIES = Path("/usr/lib")
_KEYS = {"Tab": "\ue004", "Enter": "\ue007"}
"""The letters that stand for keys (WebDriver, "keyboard actions")."""


class WebKitPage:
    """A window with a profile that nobody has used."""

    def __init__(self, driver: str) -> None:
        browser = {
            "binary": str(next(_LIBRARIES.glob("*/webkit2gtk-4.1/MiniBrowser"))),
            "args": ["--automation"],
        }
        self._base = driver
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser}}}
        self._base += "/session/" + self._send("POST", "/session", asked)["sessionId"]

    def goto(self, url: str) -> None:
        self._send("POST", "/url", {"url": url})

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, once it is there."""
        return self._send("POST", "/execute/sync", {"script": f"return {expression}", "args": []})

    def press(self, *keys: str) -> None:
        for key in keys:
            actions = [{"type": kind, "value": _KEYS[key]} for kind in ("keyDown", "keyUp")]
            keyboard = {"type": "key", "id": "keyboard", "actions": actions}
            self._send("POST", "/actions", {"actions": [keyboard]})

    def cookies(self) -> set[str]:
        """The names of all of this site."""
        return {cookie["name"] for cookie in self._send("GET", "/cookie")}

    @property
    def url(self) -> str:
        return str(self._send("GET", "/url"))

    def is_asked(self) -> bool:
        """Whether the notice lies open in its corner."""
        return bool(
            self.evaluate("document.elementFromPoint(60, innerHeight - 150)?.localName == 'hb-notice'")
        )

    def close(self) -> None:
        self._send("DELETE", "")

    def _send(self, method: str, path: str, told: Mapping[str, object] | None = None) -> Any:
        data = None if told is None else json.dumps(told).encode()
        request = urllib.request.Request(self._base + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from None


@contextmanager
def webkit_driver() -> Iterator[str]:
    """The address of a driver of WebKit, on a screen of its own that nobody sees."""
    screen, port = f":{free_port()}", free_port()
    with Process(["Xvfb", screen, "-screen", "0", "1280x900x24", "-nolisten", "tcp"]) as server:
        server.ready(lambda: Path(f"/tmp/.X11-unix/X{screen[1:]}").exists())
        env = {"DISPLAY": screen, "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
        with Process(["WebKitWebDriver", f"--port={port}"], env=env) as driver:
            driver.listening(port)
            yield f"http://127.0.0.1:{port}"

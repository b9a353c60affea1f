"""What is in a document that a driven Firefox shows, and what a hand does there."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from playwright.sync_api import Error

from .bidi import Message, Session, plain


class FirefoxFrame:
    """A document in a tab: that of the tab itself, or of a frame."""

    def __init__(self, browser: Session, handle: str) -> None:
        self._browser = browser
        self.handle = handle

    def evaluate(self, expression: str, argument: object = None) -> Any:
        """The value of an expression, or of what a function answers, once it is there."""
        told: Message = {"target": {"context": self.handle}, "awaitPromise": True, "userActivation": True}
        result = self.send("script.evaluate", expression=expression, **told)
        if result["type"] == "success" and result["result"]["type"] == "function":
            called = f"({expression})({json.dumps(argument)})"
            result = self.send("script.evaluate", expression=called, **told)
        if result["type"] == "exception":
            raise Error(result["exceptionDetails"]["text"])
        return plain(result["result"])

    def evaluate_apart(self, expression: str) -> Any:
        """The value of an expression that meets nothing that scripts of the page have changed."""
        target = {"context": self.handle, "sandbox": "apart"}
        result = self.send("script.evaluate", expression=expression, target=target, awaitPromise=True)
        return plain(result["result"])

    def locator(self, selector: str) -> "FirefoxLocator":
        return FirefoxLocator(self, "document", selector)

    def frame_locator(self, selector: str) -> "FirefoxLocator":
        """A frame of the same origin, of which to ask for what is in it."""
        return FirefoxLocator(self, "document", selector)

    def send(self, method: str, **parameters: object) -> Message:
        """Have a command of the protocol carried out, and answer with its result."""
        return self._browser.send(method, **parameters)


class FirefoxLocator:
    """The elements that a selector of CSS finds; what is asked is asked of the first."""

    def __init__(self, frame: FirefoxFrame, root: str, selector: str) -> None:
        self._frame = frame
        self._found = f"{root}.querySelectorAll({json.dumps(selector)})"

    def locator(self, selector: str) -> "FirefoxLocator":
        """What a selector finds in the document of the frame that this is."""
        return FirefoxLocator(self._frame, f"{self._found}[0].contentDocument", selector)

    def count(self) -> int:
        return int(self._frame.evaluate(f"{self._found}.length"))

    def is_visible(self) -> bool:
        return bool(self._frame.evaluate(f"{self._found}[0]?.checkVisibility()"))

    def inner_text(self) -> str:
        return str(self._frame.evaluate(f"{self._found}[0].innerText"))

    def bounding_box(self) -> dict[str, float]:
        box: dict[str, float] = self._frame.evaluate(f"{self._found}[0].getBoundingClientRect().toJSON()")
        return box


class FirefoxMouse:
    """The mouse of a tab."""

    def __init__(self, page: FirefoxFrame) -> None:
        self._page = page

    def click(self, x: float, y: float, origin: object = "viewport") -> None:
        """Press and release at a place, counted from the corner of the window or from the middle of an element."""
        actions: list[Message] = [{"type": "pointerMove", "x": round(x), "y": round(y), "origin": origin}]
        actions += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._page.send("input.performActions", context=self._page.handle, actions=[mouse])


class FirefoxKeyboard:
    """The keyboard of a tab."""

    _KEYS: Mapping[str, str] = MappingProxyType({"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"})
    """The letters that stand for keys (WebDriver, "keyboard actions")."""

    def __init__(self, page: FirefoxFrame) -> None:
        self._page = page

    def press(self, key: str) -> None:
        actions = [{"type": kind, "value": self._KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._page.send("input.performActions", context=self._page.handle, actions=[keyboard])

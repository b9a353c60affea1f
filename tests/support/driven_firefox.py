"""Firefox as it comes from Debian, driven by WebDriver BiDi, with the part of Playwright's interface that tests use.

Playwright drives a Firefox of its own making, which no package has. Methods are called as there and answer the same, so
a test is written once for both engines.
"""

import re
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Error
from websockets.sync.client import ClientConnection, connect

from .bidi import Message, Session, plain
from .firefox import EXECUTABLE, written_profile
from .firefox_frames import FirefoxFrame, FirefoxKeyboard, FirefoxMouse
from .processes import Process, free_port

_EVENTS = [
    "browsingContext.contextCreated",
    "browsingContext.contextDestroyed",
    "log.entryAdded",
    "network.beforeRequestSent",
    "network.fetchError",
    "network.responseCompleted",
]
_SETTINGS = {"network.proxy.type": 0, "network.dns.forceResolve": "127.0.0.1"}
_LABELS = {"accept-all": "Accept all", "reject-all": "Reject all", "withdraw": "Withdraw"}
_NO_LINES: Mapping[str, str] = MappingProxyType({})

_BUTTONS = "[...tree.querySelectorAll('button')].filter(button => button.checkVisibility())"

type Route = tuple[re.Pattern[str], Callable[["FirefoxRoute"], None]]
"""Addresses, and what decides about an answer to them."""


class FirefoxBrowser(Session):
    """A running Firefox. Every name leads to this machine."""

    def __init__(self, connection: ClientConnection) -> None:
        self._pages: dict[str, FirefoxPage] = {}
        """The page to which a tab or a frame belongs, by the handle of either."""
        super().__init__(connection)
        self.send("session.subscribe", events=_EVENTS)

    def new_context(self, *, locale: str = "en-GB") -> "FirefoxContext":
        """A profile that nobody has used, and that asks for English."""
        assert locale.startswith("en")
        return FirefoxContext(self, self.send("browser.createUserContext")["userContext"])

    def attach(self, page: "FirefoxPage", handle: str) -> None:
        """Tell *page* of what happens in the tab or frame of this handle."""
        self._pages[handle] = page

    def handles(self, page: "FirefoxPage") -> list[str]:
        """The tab of a page and its frames, in the order in which they came."""
        return [handle for handle, owner in self._pages.items() if owner is page]

    def happened(self, event: str, told: Message) -> None:
        handle = told.get("context") or told.get("source", {}).get("context")
        if event == "browsingContext.contextCreated":
            if told["parent"] in self._pages:
                self.attach(self._pages[told["parent"]], handle)
        elif event == "browsingContext.contextDestroyed":
            self._pages.pop(handle, None)
        elif handle in self._pages:
            self._pages[handle].happened(event, told)


class FirefoxContext:
    """Cookies and storage of their own."""

    def __init__(self, browser: FirefoxBrowser, handle: str) -> None:
        self.browser = browser
        self.handle = handle
        self.pages: list[FirefoxPage] = []
        self.routes: list[Route] = []

    def new_page(self) -> "FirefoxPage":
        page = FirefoxPage(self)
        self.pages.append(page)
        return page

    def route(self, pattern: str | re.Pattern[str], act: Callable[["FirefoxRoute"], None]) -> None:
        """As that of a page, for all of them that are to come."""
        self.routes.append((_as_expression(pattern), act))

    def cookies(self) -> list[Message]:
        found = self.browser.send("storage.getCookies", partition=self._partition)["cookies"]
        return [
            {"expires": cookie.get("expiry", -1), **cookie, "value": cookie["value"]["value"]}
            for cookie in found
        ]

    def add_cookies(self, cookies: list[dict[str, str]]) -> None:
        for cookie in cookies:
            made = {
                "name": cookie["name"],
                "value": {"type": "string", "value": cookie["value"]},
                "domain": str(urlsplit(cookie["url"]).hostname),
            }
            self.browser.send("storage.setCookie", cookie=made, partition=self._partition)

    def storage_state(self) -> Message:
        """What the first page's origin keeps in ``localStorage``, whatever scripts of the page have made of that."""
        kept = self.pages[0].evaluate_apart("Object.entries(localStorage)")
        pairs = [{"name": name, "value": value} for name, value in kept]
        return {"origins": [{"origin": self.pages[0].url, "localStorage": pairs}]}

    def set_offline(self, offline: bool) -> None:
        conditions = {"type": "offline"} if offline else None
        self.browser.send(
            "emulation.setNetworkConditions", networkConditions=conditions, userContexts=[self.handle]
        )

    def clear_cookies(self, name: str | None = None) -> None:
        chosen = {"filter": {"name": name}} if name else {}
        self.browser.send("storage.deleteCookies", partition=self._partition, **chosen)

    @property
    def _partition(self) -> Message:
        return {"type": "storageKey", "userContext": self.handle}

    def close(self) -> None:
        self.browser.send("browser.removeUserContext", userContext=self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class FirefoxRequest:
    """A request that a page made."""

    url: str
    method: str


@dataclass
class FirefoxMessage:
    """What a page's console said."""

    text: str
    type: str
    location: dict[str, str]


class FirefoxRoute:
    """A request that waits until a test says what becomes of it."""

    def __init__(self, request: FirefoxRequest, decide: Callable[[str, Message], None]) -> None:
        self.request = request
        self._decide = decide

    def fulfill(
        self,
        *,
        body: str = "",
        content_type: str = "text/plain",
        status: int = 200,
        headers: Mapping[str, str] = _NO_LINES,
    ) -> None:
        lines = {"Content-Type": content_type, **headers}.items()
        told = [{"name": name, "value": {"type": "string", "value": value}} for name, value in lines]
        encoded = {"type": "base64", "value": b64encode(body.encode()).decode()}
        self._decide("network.provideResponse", {"statusCode": status, "headers": told, "body": encoded})

    def continue_(self) -> None:
        self._decide("network.continueRequest", {})

    def abort(self) -> None:
        self._decide("network.failRequest", {})


class FirefoxPage(FirefoxFrame):
    """A tab."""

    def __init__(self, context: FirefoxContext) -> None:
        self.context = context
        made = context.browser.send("browsingContext.create", type="tab", userContext=context.handle)
        super().__init__(context.browser, made["context"])
        self.mouse = FirefoxMouse(self)
        self.keyboard = FirefoxKeyboard(self)
        self._routes: list[Route] = []
        self._listeners: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self._open: set[str] = set()
        self._quiet_since = time.monotonic()
        context.browser.attach(self, self.handle)
        for pattern, act in context.routes:
            self.route(pattern, act)

    @property
    def url(self) -> str:
        tree = self.send("browsingContext.getTree", root=self.handle, maxDepth=0)
        return str(tree["contexts"][0]["url"])

    @property
    def frames(self) -> list[FirefoxFrame]:
        return [FirefoxFrame(self._browser, handle) for handle in self.context.browser.handles(self)]

    def title(self) -> str:
        return str(self.evaluate("document.title"))

    def goto(self, url: str, *, wait_until: str = "load") -> None:
        wait = {"commit": "none", "domcontentloaded": "interactive"}.get(wait_until, "complete")
        self.send("browsingContext.navigate", context=self.handle, url=url, wait=wait)
        if wait_until == "networkidle":
            self.wait_for_load_state("networkidle")

    def close(self) -> None:
        self.send("browsingContext.close", context=self.handle)

    def reload(self) -> None:
        self.send("browsingContext.reload", context=self.handle, wait="complete")

    def go_back(self) -> None:
        self.send("browsingContext.traverseHistory", context=self.handle, delta=-1)

    def set_viewport_size(self, size: dict[str, int]) -> None:
        self.send("browsingContext.setViewport", context=self.handle, viewport=size)

    def set_default_timeout(self, milliseconds: float) -> None:
        """Nothing here has a timeout of its own."""

    def wait_for_timeout(self, milliseconds: float) -> None:
        self.context.browser.listen(milliseconds / 1000)

    def wait_for_load_state(self, state: str) -> None:
        """Until the network has been idle for half a second, as Playwright has it."""
        assert state == "networkidle"
        self._until(lambda: not self._open and time.monotonic() - self._quiet_since > 0.5, "an idle network")

    def wait_for_function(self, expression: str) -> None:
        """Until an expression is true, in this document or in one that comes in its place."""

        def is_true() -> bool:
            with suppress(Error):
                return bool(self.evaluate(f"!!({expression})"))
            return False

        self._until(is_true, expression)

    def wait_for_selector(self, selector: str) -> None:
        self._until(self.locator(selector).is_visible, selector)

    def inner_text(self, selector: str) -> str:
        return self.locator(selector).inner_text()

    def wait_for_url(self, pattern: str) -> None:
        expected = _as_expression(pattern)
        self._until(lambda: bool(expected.search(self.url)), pattern)

    @contextmanager
    def expect_navigation(self) -> Iterator[None]:
        """Until another document than the one before has loaded."""
        self.evaluate_apart("globalThis.isBefore = true")
        yield

        def is_there() -> bool:
            with suppress(Error):
                return bool(self.evaluate_apart("!globalThis.isBefore && document.readyState == 'complete'"))
            return False

        self._until(is_there, "another document")

    @contextmanager
    def expect_request(
        self, pattern: str, *, timeout: float = 30_000, event: str = "request"
    ) -> Iterator[None]:
        """Until an address is asked for."""
        asked: list[str] = []
        self.on(event, lambda request: asked.append(request.url))
        yield
        expected = _as_expression(pattern)
        self._until(lambda: any(expected.search(url) for url in asked), pattern, timeout / 1000)

    def expect_response(self, pattern: str) -> AbstractContextManager[None]:
        """Until an address has answered."""
        return self.expect_request(pattern, event="response")

    def on(self, event: str, act: Callable[[Any], None]) -> None:
        self._listeners[event].append(act)

    def route(self, pattern: str | re.Pattern[str], act: Callable[[FirefoxRoute], None]) -> None:
        if not self._routes:
            self.send("network.addIntercept", phases=["beforeRequestSent"], contexts=[self.handle])
        self._routes.append((_as_expression(pattern), act))

    def unroute(self, pattern: str) -> None:
        self._routes = [route for route in self._routes if route[0] != _as_expression(pattern)]

    def click(self, selector: str) -> None:
        """Press what a selector finds, in its middle."""
        box = self.locator(selector).bounding_box()
        self.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def choose(self, action: str) -> None:
        """Press a button of the notice as a person does: with the mouse, where it is seen."""
        label = _LABELS[action]
        button = self._of_the_notice(f"{_BUTTONS}.find(button => button.textContent.trim() == {label!r})")
        assert button["type"] == "node", f"no button {label!r} to be seen"
        self.mouse.click(0, 0, {"type": "element", "element": {"sharedId": button["sharedId"]}})

    def buttons(self) -> list[str]:
        """What stands on the buttons of the notice that are to be seen."""
        texts: list[str] = plain(self._of_the_notice(f"{_BUTTONS}.map(button => button.textContent.trim())"))
        return texts

    def _of_the_notice(self, expression: str) -> Message:
        """The value of an expression in which ``tree`` is the notice's: closed to the page, and open to a driver."""
        locator = {"type": "css", "value": "hb-notice"}
        notices = self.send("browsingContext.locateNodes", context=self.handle, locator=locator)["nodes"]
        assert notices, "no notice"
        result: Message = self.send(
            "script.callFunction",
            functionDeclaration=f"tree => {expression}",
            arguments=[{"sharedId": notices[0]["value"]["shadowRoot"]["sharedId"]}],
            target={"context": self.handle},
            awaitPromise=False,
        )["result"]
        return result

    def happened(self, event: str, told: Message) -> None:
        """Take in an event."""
        if event == "log.entryAdded":
            self._said(told)
            return
        self._quiet_since = time.monotonic()
        request = told["request"]
        if event != "network.beforeRequestSent":
            self._open.discard(request["request"])
            self._tell("response", FirefoxRequest(request["url"], request["method"]))
            return
        self._open.add(request["request"])
        made = FirefoxRequest(request["url"], request["method"])
        self._tell("request", made)
        if told["isBlocked"]:

            def decide(method: str, more: Message) -> None:
                self._browser.post(method, {"request": request["request"], **more})

            found = [act for pattern, act in self._routes if pattern.search(made.url)]
            act = found[-1] if found else FirefoxRoute.continue_
            act(FirefoxRoute(made, decide))

    def _said(self, told: Message) -> None:
        # What Firefox says of policies comes from its scripts' engine, too.
        if told["type"] == "javascript" and not told["text"].startswith("Content-Security-Policy"):
            self._tell("pageerror", Error(told["text"]))
            return
        frames = (told.get("stackTrace") or {}).get("callFrames") or [{"url": ""}]
        self._tell("console", FirefoxMessage(told["text"] or "", told["level"], {"url": frames[0]["url"]}))

    def _tell(self, event: str, thing: object) -> None:
        for act in self._listeners[event]:
            act(thing)

    def _until(self, found: Callable[[], bool], what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not found():
            self.wait_for_timeout(20)
            if time.monotonic() > deadline:
                raise Error(f"waited in vain for {what}")


def _as_expression(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    """An address with ``*`` for what has no slash, and ``**`` for anything."""
    if isinstance(pattern, re.Pattern):
        return pattern
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("**")]
    return re.compile("^" + ".*".join(parts) + "$")


@contextmanager
def driven_firefox(profile: Path, settings: Mapping[str, object] = _NO_LINES) -> Iterator[FirefoxBrowser]:
    """Firefox with a profile of its own in *profile*, a folder that is not there yet, and with these settings."""
    written_profile(profile, {**_SETTINGS, **settings})
    port = free_port()
    command = [EXECUTABLE, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", port]
    with Process(command) as process:
        process.ready(lambda: "WebDriver BiDi listening" in process.output)
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, ping_interval=None) as connection:
            yield FirefoxBrowser(connection)

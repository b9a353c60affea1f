"""Chromium for tests: a fresh profile, a closed network, and every name that a test wants on loopback."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

_DESKTOP = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# The same engine without the windows and services of a desktop, which takes half the time.
_SHELL = shutil.which("chromium-headless-shell") or _DESKTOP
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium(
    names: Mapping[str, str] | None = None,
    pins: Sequence[str] = (),
    *,
    secure: Sequence[str] = (),
    desktop: bool = False,
) -> Iterator[Browser]:
    """A browser that resolves *names* as told and nothing else.

    *names* maps host patterns, with a port if need be, to addresses (``{"*.test": "127.0.0.1", "*:443":
    "127.0.0.1:8443"}``; the first that fits counts). *pins* are the keys of test certificates that it trusts,
    *secure* are origins that it takes for secure without TLS. The *desktop*'s browser does what needs a window, too: it
    fetches a page's icon.
    """
    rules = [f"MAP {name} {address}" for name, address in (names or {}).items()]
    rules += ["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"]
    arguments = [*_QUIET, f"--host-resolver-rules={', '.join(rules)}"]
    if pins:
        arguments.append(f"--ignore-certificate-errors-spki-list={','.join(pins)}")
    if secure:
        arguments.append(f"--unsafely-treat-insecure-origin-as-secure={','.join(secure)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_DESKTOP if desktop else _SHELL,
            args=arguments,
            chromium_sandbox=False,
            timeout=90_000,
        )
        try:
            yield browser
        finally:
            browser.close()


class Console:
    """What goes wrong in a page: errors on its console, uncaught exceptions, resources that fail to load.

    A browser asks for ``/favicon.ico`` on its own account; that a site has none is not an error of its page.
    """

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        about_icon = where.endswith("/favicon.ico") or re.search(r"/favicon\.ico\s", message.text)
        if message.type == "error" and not about_icon:
            self.errors.append(f"{message.text} ({where})")


def choose(page: Page, action: str) -> None:
    """Press a button of the notice as a person does: with the mouse, where it is seen.

    The notice's shadow tree is closed, so no selector reaches it; Chromium's own accessibility tree does.
    """
    label = {"accept-all": "Accept all", "reject-all": "Reject all", "withdraw": "Withdraw"}[action]
    session = page.context.new_cdp_session(page)
    try:
        session.send("DOM.enable")
        document = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        found = session.send(
            "Accessibility.queryAXTree", {"nodeId": document, "accessibleName": label, "role": "button"}
        )["nodes"]
        assert found, f"no button {label!r} to be seen"
        model = session.send("DOM.getBoxModel", {"backendNodeId": found[0]["backendDOMNodeId"]})["model"]
        xs, ys = model["border"][0::2], model["border"][1::2]
    finally:
        session.detach()
    page.mouse.click(sum(xs) / 4, sum(ys) / 4)


def buttons(page: Page) -> list[str]:
    """The names of the buttons that assistive technology is told of, those in closed trees too."""
    session = page.context.new_cdp_session(page)
    try:
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    return [one["name"]["value"] for one in nodes if one.get("role", {}).get("value") == "button"]

"""The web platform's own tests (https://web-platform-tests.org), served by their own server."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error

from .processes import Process, free_port

FOLDER = Path(__file__).parents[2] / "build" / "web-platform-tests"
"""Where ``.ci/web-platform-tests`` puts them."""
_SECONDS = 15
_SERVE = (
    "import sys; sys.path.insert(0, '.'); from tools import localpaths; from tools.serve import serve;"
    "serve.run(**vars(serve.get_parser().parse_args(sys.argv[1:])))"
)
_REPORT = """
add_completion_callback((tests, harness) => {
  self.results = JSON.stringify([harness.status, tests.map(({ name, status }) => [name, status])]);
});
"""
"""What each test loads to report by."""
_PASSED = 0

type Results = dict[str, int]
"""The status of each part of a test, by name: 0 is passed. The test itself has an empty name."""


@contextmanager
def web_platform(work: Path) -> Iterator[int]:
    """Their server on localhost; the port. *work* is an empty folder for it."""
    (FOLDER / "resources" / "testharnessreport.js").write_text(_REPORT)
    ports = {name: [free_port()] for name in ("http", "https", "ws", "wss", "h2")}
    settings = {
        "browser_host": "localhost",
        "alternate_hosts": {"alt": "other.test"},
        "bind_address": False,
        "check_subdomains": False,
        "ports": {**ports, "http": [*ports["http"], free_port()], "https": [*ports["https"], free_port()]},
        "ssl": {"type": "pregenerated"},
        "doc_root": str(FOLDER),
    }
    config = work / "config.json"
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-c", _SERVE, "--config", config]
    with Process(command, cwd=FOLDER) as process:
        process.listening(ports["http"][0])
        yield ports["http"][0]


def results(browser: Browser, address: str) -> Results:
    """What the test at *address* says in a fresh profile; a status of its own where it does not end."""
    context = browser.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            try:
                said = page.evaluate("self.results")
            except Error:  # it has just gone to another page
                said = None
            if said:
                status, parts = json.loads(said)
                return {"": status, **dict(parts)}
            page.wait_for_timeout(30)
        return {"": -1}
    finally:
        context.close()


def lost(without: Results, with_us: Results) -> list[str]:
    """The parts of a test that passed without Holdback, and do not with it."""
    return [name for name, status in without.items() if status == _PASSED and with_us.get(name) != _PASSED]

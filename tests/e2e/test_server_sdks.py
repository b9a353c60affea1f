"""The SDKs for servers, as npm and PyPI have them: once, whole, for the right person; without consent just as quiet."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin
from tests.support.sdk_pages import installed

from .test_server_side_events import agreed

SENDERS = Path(__file__).parents[1] / "sdks"
LANGUAGES = {
    "node": ["node", str(SENDERS / "send.mjs")],
    "python": [sys.executable, str(SENDERS / "send.py")],
}
NAMES = ("posthog", "mixpanel", "amplitude")
SAID = {
    ("posthog", "node"): ["$create_alias", "$feature_flag_called", "$groupidentify", "$identify", "bought"],
    ("posthog", "python"): ["$create_alias", "$feature_flag_called", "$groupidentify", "$set", "bought"],
    ("mixpanel", "node"): ["$create_alias", "$identify", "bought"],
    ("mixpanel", "python"): ["$identify", "bought"],
    ("amplitude", "node"): ["$identify", "$identify", "bought"],
    ("amplitude", "python"): ["$identify", "bought"],
}
"""What each says of the person, as it is stored."""


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    data = tmp_path_factory.mktemp("servers") / "data"
    with serving(origin.url, data, options=["--access-log", str(data.parent / "access.log")]) as running:
        yield running


def sent(shop: Holdback, language: str, name: str, person: str) -> subprocess.CompletedProcess[str]:
    assert installed(), "the SDKs are not there: npm ci in tests/sdks"
    argv = [*LANGUAGES[language], name, shop.url, person]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def calls(shop: Holdback, name: str) -> list[int]:
    """The answers to the calls of an SDK."""
    lines = map(json.loads, (shop.data.parent / "access.log").read_text().splitlines())
    return [line["status"] for line in lines if line["path"].startswith(f"/_hb/{name}/")]


def events(shop: Holdback, person: str) -> list[dict[str, Any]]:
    """What is stored of what the SDK said of *person*, but for what their browser said first."""
    found = [event for event in shop.events() if person in json.dumps(event)]
    return [event for event in found if "$anon_distinct_id" not in event["properties"]]


def held(shop: Holdback, name: str) -> int:
    """How many events of an SDK's were held until now; one that was sent twice counts twice.

    A process says at its end what it has counted. In how many calls an SDK sends its events depends on the moment.
    """
    shop.restart()
    counted = json.loads(shop.command("log", "counters", "--json").stdout)
    return int(counted.get("held", {}).get("server event", {}).get(name, 0))


def _table() -> Iterator[object]:
    """Every SDK; Amplitude's for Python, which waits half a minute before it ends, is tried in the long tests."""
    for name in NAMES:
        for language in LANGUAGES:
            slow = (name, language) == ("amplitude", "python")
            yield pytest.param(
                language, name, id=f"{name}-{language}", marks=[pytest.mark.long] if slow else []
            )


@pytest.mark.parametrize(("language", "name"), list(_table()))
def test_an_sdk_for_servers(shop: Holdback, language: str, name: str) -> None:
    person, stranger = f"{name} {language} ada", f"{name} {language} stranger"
    agreed(shop, person)
    held_before = held(shop, name)
    done = sent(shop, language, name, person)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = events(shop, person)
    assert sorted(event["event"] for event in found) == SAID[name, language]
    assert len({event["visitor"] for event in found} - {None}) == 1
    [bought] = [event for event in found if event["event"] == "bought"]
    assert (bought["person"], bought["properties"]["cups"]) == (person, 2)
    assert "gold" in json.dumps(found)

    known, of_nobody = len(shop.events()), held(shop, name) - held_before
    done = sent(shop, language, name, stranger)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert held(shop, name) - held_before - of_nobody == len(found) + of_nobody, (
        "what is held is not sent again"
    )
    assert len(shop.events()) == known
    assert set(calls(shop, name)) == {200}

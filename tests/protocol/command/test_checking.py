"""``holdback check`` asks the site, and says all that it finds at once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.command.app import run

from tests.support.holdback_process import serving
from tests.support.origin import HTML, PAGE, Origin, origin_running
from tests.support.processes import free_port
from tests.support.recording import Reply


@pytest.fixture
def origin() -> Iterator[Origin]:
    with origin_running() as running:
        yield running


def found(
    capsys: pytest.CaptureFixture[str], folder: Path, upstream: str, more: str = "", *flags: str
) -> list[tuple[str, str, str]]:
    """Level, place and sentence of all that is found of a site with a name."""
    config = folder / "holdback.toml"
    config.write_text(f'upstream = "{upstream}"\n[site]\nname = "Example Shop"\n{more}')
    status = run(["check", "--config", str(config), "--json", *flags])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    findings = [(one["level"], one["where"], one["sentence"]) for one in said["findings"]]
    assert status == (0 if said["ok"] else 1)
    return [one for one in findings if "privacy policy (site" not in one[2]]


def test_a_site_that_is_well(origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, tmp_path, origin.url, 'privacy_policy = "/privacy"') == []
    assert {request.path for request in origin.recorder.requests} == {"/", "/privacy"}


def test_a_site_that_does_not_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upstream = f"http://127.0.0.1:{free_port()}"
    [(level, where, sentence)] = found(capsys, tmp_path, upstream)
    assert (level, where) == ("fault", "upstream")
    assert sentence.startswith("The site does not answer: ")
    assert found(capsys, tmp_path, upstream, "", "--offline") == []


def test_a_site_that_is_holdback(origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(origin.url, tmp_path / "data") as proxy:
        [(level, where, sentence)] = found(capsys, tmp_path, proxy.url)
    assert (level, where) == ("fault", "upstream")
    assert "by Holdback already" in sentence


@pytest.mark.parametrize(
    ("policy", "reply", "level"),
    [
        ("/privacy", Reply(b"", 404), "fault"),
        ("/privacy", Reply(b"", 500), "fault"),
        ("/privacy", Reply(b"", 302, [("Location", "/privacy/en")]), None),
        ("/privacy", Reply(b"", 302, [("Location", "https://elsewhere.test/privacy")]), None),
        ("ORIGIN/privacy?a=1", Reply(PAGE, lines=[HTML]), None),
        ("http://127.0.0.1:1/privacy", Reply(PAGE, lines=[HTML]), "warning"),
    ],
)
def test_the_privacy_policy(
    origin: Origin,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    policy: str,
    reply: Reply,
    level: str | None,
) -> None:
    origin.pages["/privacy"] = reply
    address = policy.replace("ORIGIN", origin.url)
    findings = found(capsys, tmp_path, origin.url, f'privacy_policy = "{address}"')
    assert [(one[0], one[1]) for one in findings] == ([(level, "site.privacy_policy")] if level else [])


@pytest.mark.parametrize(
    ("name", "markup"),
    [
        ("Cookiebot", '<script id="Cookiebot" src="https://consent.cookiebot.com/uc.js"></script>'),
        ("OneTrust", '<script src="https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"></script>'),
        ("Complianz", '<div class="cmplz-cookiebanner"></div>'),
    ],
)
def test_a_second_consent_tool_is_named(
    origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, markup: str
) -> None:
    origin.pages["/"] = Reply(PAGE.replace(b"</head>", markup.encode() + b"</head>"), lines=[HTML])
    [(level, _, sentence)] = found(capsys, tmp_path, origin.url)
    assert (level, name in sentence) == ("warning", True)


def test_a_front_page_that_leads_away(
    origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin.pages["/"] = Reply(b"", 301, [("Location", "https://www.shop.test/")])
    [(level, _, sentence)] = found(capsys, tmp_path, origin.url)
    assert (level, "leads away" in sentence) == ("warning", True)


def test_everything_is_said_at_once(
    origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin.pages["/"] = Reply(b"", 503)
    origin.pages["/privacy"] = Reply(b"", 404)
    service = '[[service]]\nname = "Ours"\npurpose = "necessary"\nhosts = ["region1.google-analytics.com"]\n'
    findings = found(capsys, tmp_path, origin.url, f'privacy_policy = "/privacy"\n{service}')
    assert [(one[0], one[1]) for one in findings] == [
        ("fault", "service[1]"),
        ("fault", "upstream"),
        ("fault", "site.privacy_policy"),
    ]

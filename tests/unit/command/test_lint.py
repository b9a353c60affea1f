"""What ``check`` finds: each rule with a setting that breaks it."""

import pytest
from holdback.proxy.command import lint_notice
from holdback.proxy.command.lint import settings_findings, site_warnings
from holdback.proxy.command.lint_notice import notice_findings
from holdback.proxy.settings.model import Settings
from holdback.proxy.settings.sources import load

SITE = {"name": "Example Shop", "privacy_policy": "/privacy"}
WHOLE = {"name": "A", "purpose": "media", "vendor": "A Ltd", "hosts": ["a.test"]}


def settings(**flags: object) -> Settings:
    return load(flags={"site": SITE, **flags})


def found(of: Settings) -> list[tuple[str, str, str]]:
    return [(finding.level, finding.where, finding.rule) for finding in settings_findings(of)]


def test_nothing_to_find() -> None:
    assert found(settings(service=[WHOLE])) == []
    assert notice_findings(settings(service=[WHOLE])) == []


def test_no_controller_and_no_policy_is_said_once() -> None:
    [sentence] = site_warnings(load())
    assert sentence.startswith(
        "A controller (site.name) and a privacy policy (site.privacy_policy) are missing"
    )
    [sentence] = site_warnings(load(flags={"site": {"name": "A"}}))
    assert sentence.startswith("A privacy policy (site.privacy_policy) is missing")
    assert [finding.level for finding in settings_findings(load())] == ["warning"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"region_header": "CF-IPCountry"}, ("fault", "region_header", "C32")),
        ({"geo_database": "/nowhere.mmdb"}, ("fault", "geo_database", "C32")),
        ({"listen": "0.0.0.0:80"}, ("warning", "listen", "")),
        ({"choice_days": 30}, ("fault", "choice_days", "C19")),
        ({"choice_days": 400}, ("warning", "choice_days", "C20")),
        ({"prefix": "/consent"}, ("fault", "prefix", "C05")),
        ({"service": [{**WHOLE, "hosts": []}]}, ("fault", "service[1]", "C03")),
        ({"service": [{**WHOLE, "cookies": ["a_*"]}]}, ("warning", "service[1]", "C14")),
        ({"service": [{**WHOLE, "vendor": ""}]}, ("warning", "service[1]", "C13")),
        (
            {"service": [WHOLE, {"name": "google analytics", "purpose": "necessary"}]},
            ("fault", "service[2]", "C01"),
        ),
        (
            {"service": [{"name": "Counting", "purpose": "necessary", "cookies": ["_fbp"]}]},
            ("fault", "service[1]", "C01"),
        ),
    ],
)
def test_findings(flags: dict[str, object], expected: tuple[str, str, str]) -> None:
    assert found(settings(**flags)) == [expected]


def test_a_service_of_ones_own_may_be_necessary() -> None:
    assert found(settings(service=[{"name": "Basket", "purpose": "necessary", "cookies": ["basket"]}])) == []


def test_behind_a_trusted_hop_plain_http_is_usual() -> None:
    assert found(settings(listen="0.0.0.0:80", trusted_hops="10.0.0.0/8")) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b'<button name="action" value="accept-all">', b'<a name="action" value="accept-all">', "C05"),
        (b'value="reject-all"', b'value="later"', "C05"),
        (b'name="purpose" value="media"', b'checked name="purpose" value="media"', "C07"),
        (b'value="media"', b'value="music"', "C12"),
        (b"/_hb/choices", b"/_hb/elsewhere", "C13"),
        (b"/privacy", b"/else", "C13"),
        (b'lang="', b'data-lang="', "C22"),
        (b"</h2>", b"</h2>We value your privacy.", "C23"),
    ],
)
def test_a_notice_that_breaks_a_rule(
    monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes, rule: str
) -> None:
    """The finished markup is changed behind the templates' back, as a careless edit of theirs would."""
    read = lint_notice._read

    def changed(markup: bytes) -> object:
        return read(markup.replace(before, after))

    monkeypatch.setattr(lint_notice, "_read", changed)
    rules = {finding.rule for finding in notice_findings(settings())}
    assert rule in rules

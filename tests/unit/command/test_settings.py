"""Where a setting comes from, and the sentence an owner reads when it won't do."""

import os
from ipaddress import ip_network
from pathlib import Path

import pytest
from holdback.proxy.rules.model import Purpose
from holdback.proxy.settings.model import Settings
from holdback.proxy.settings.sources import SettingsError, load, must_be_readable


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HOLDBACK_"):
            monkeypatch.delenv(name)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "holdback.toml"
    path.write_text(text)
    return path


def test_flags_alone_are_enough() -> None:
    settings = load(flags={"upstream": "http://127.0.0.1:9000/", "listen": "127.0.0.1:8080", "data": None})
    assert settings.upstream == "http://127.0.0.1:9000"
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 8080)
    assert settings.data == Path("holdback-data")
    assert settings.enforce == "known"


def test_the_file_of_the_design(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        upstream = "http://127.0.0.1:9000"
        listen   = "127.0.0.1:8080"
        enforce  = "strict"
        trusted_hops = ["127.0.0.1/32", "::1"]
        geo_database = "country.mmdb"
        region_header = "CF-IPCountry"
        [site]
        name = "Example Shop"
        privacy_policy = "/privacy"
        [limits]
        choices_per_minute = 7
        [[service]]
        name = "Acme Metrics"
        purpose = "analytics"
        hosts = ["tracker.test", "*.acme.example"]
        paths = ["/acme/collect"]
        cookies = ["acme_*"]
        storage = ["acme:*"]
        """,
    )
    settings = load(path)
    assert settings.geo_database == tmp_path / "country.mmdb"
    assert settings.trusted_hops == (ip_network("127.0.0.1/32"), ip_network("::1"))
    assert settings.limits.choices_per_minute == 7
    [service] = settings.declared_services()
    assert (service.id, service.purpose) == ("acme-metrics", Purpose.ANALYTICS)
    assert service.hosts == ("tracker.test", "*.acme.example")


def test_the_later_source_wins_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(
        tmp_path, 'upstream="http://a:1"\nlisten=":1"\nworkers=1\n[site]\nname="A"\nprivacy_policy="/p"'
    )
    monkeypatch.setenv("HOLDBACK_SITE__NAME", "B")
    monkeypatch.setenv("HOLDBACK_LISTEN", ":2")
    monkeypatch.setenv("HOLDBACK_WORKERS", "3")
    settings = load(path, {"listen": ":3"})
    assert (settings.site.name, settings.site.privacy_policy) == ("B", "/p")
    assert (settings.listen, settings.workers) == (":3", 3)


def test_every_setting_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDBACK_TRUSTED_HOPS", "10.0.0.1/8, 127.0.0.1")
    monkeypatch.setenv("HOLDBACK_SERVICE", '[{"name": "Acme", "purpose": "media", "hosts": ["a.test"]}]')
    monkeypatch.setenv("HOLDBACK_LIMITS__BODY_BYTES", "2048")
    settings = load()
    assert settings.trusted_hops == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"))
    assert settings.service[0].hosts == ("a.test",)
    assert settings.limits.body_bytes == 2048


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDBACK_CONFIG", str(written(tmp_path, 'upstream = "http://a:1"')))
    assert load(require=["upstream"]).upstream == "http://a:1"


def test_what_an_orchestrator_adds_to_the_environment_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDBACK_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("HOLDBACK_PORT_8080_TCP_ADDR", "10.0.0.1")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('upstraem = "http://a:1"', ["upstraem is not a setting", "did you mean upstream?"]),
        ('upstream = "a:1"', ["upstream must be the site's address, such as http://127.0.0.1:9000", '"a:1"']),
        ('upstream = "http://a:1/shop"', ["upstream must be", "http://a:1/shop"]),
        ('listen = "8080"', ["listen must be a host and a port", '"8080"']),
        ('listen = "127.0.0.1:99999"', ["listen must be"]),
        ('enforce = "maybe"', ['enforce must be "known" or "strict", not "maybe"']),
        ('trusted_hops = ["nonsense"]', ["trusted_hops must be addresses or networks"]),
        ('prefix = "hb/"', ["prefix must be a path"]),
        ('region_header = "a b"', ["region_header must be a header name"]),
        ('tls_certificate = "no.pem"', ["tls_certificate must be", "no such file"]),
        ("workers = 0", ["workers must be a number of processes from 1 to 256, not 0"]),
        ("[site]\nnaem = 'x'", ["site.naem is not a setting", "did you mean name?"]),
        ("[site]\nprivacy_policy = '//evil'", ["site.privacy_policy must be"]),
        (
            "[limits]\nchoices_per_minute = 'x'",
            ["limits.choices_per_minute must be a whole number of choices"],
        ),
        ("site = 3", ["site must be a table"]),
        ("[[service]]\nname = 'A'", ["service[1].purpose is missing", "analytics, marketing or media"]),
        ("[[service]]\nname = 'A'\npurpose = 'ads'", ["service[1].purpose must be necessary,", '"ads"']),
        (
            "[[service]]\nname='A'\npurpose='media'\nhosts=['https://a.test']",
            ["service[1].hosts must be host names without a scheme"],
        ),
        (
            "[[service]]\nname='A'\npurpose='media'\ncookies=['*']",
            ["service[1].cookies must be", "not * alone"],
        ),
        ("[[service]]\nname='A'\npurpose='media'\npaths=['x']", ["service[1].paths must be paths"]),
        *(
            (
                f"[[service]]\nname='A'\npurpose='media'\nglobals=['{name}']",
                ["service[1].globals must be names that its scripts define, such as fbq", name],
            )
            for name in ("a-b", "a b", "a[", "a=b", "a()[]", "")
        ),
        (
            "[[service]]\nname='A'\npurpose='media'\n[[service]]\nname='a'\npurpose='media'",
            ['service "a" is declared twice'],
        ),
        ("service = ['x']", ["service[1] must be a table with name and purpose"]),
        ("= 3", ["is not TOML"]),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, said: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(path)
    sentence = str(caught.value)
    assert all(part in sentence for part in said), sentence
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))


def test_the_sentence_says_where_the_value_was_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "workers = 0")
    with pytest.raises(SettingsError, match=r"\(in .*holdback\.toml\)\.$"):
        load(path)
    monkeypatch.setenv("HOLDBACK_WORKERS", "many")
    with pytest.raises(SettingsError, match=r"\(set by HOLDBACK_WORKERS\)\.$"):
        load(path)
    with pytest.raises(SettingsError, match=r"not 300\.$"):
        load(path, {"workers": 300})


def test_bad_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDBACK_SERVICE", "{")
    with pytest.raises(SettingsError, match=r"HOLDBACK_SERVICE must be a list of tables.*as JSON"):
        load()
    monkeypatch.delenv("HOLDBACK_SERVICE")
    monkeypatch.setenv("HOLDBACK_UPSTRAEM", "http://a:1")
    with pytest.raises(SettingsError, match="did you mean HOLDBACK_UPSTREAM"):
        load()


def test_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="upstream is missing: it must be the site's address"):
        load(require=["upstream"])
    with pytest.raises(SettingsError, match="does not exist"):
        load(Path("/nowhere/holdback.toml"))
    with pytest.raises(SettingsError, match="given together"):
        load(flags={"tls_key": Path(__file__)})


def test_the_digest_names_what_bears_on_a_choice() -> None:
    assert load(flags={"listen": ":1"}).digest() == load(flags={"listen": ":2"}).digest()
    assert load(flags={"enforce": "strict"}).digest() != load().digest()


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [("[::1]:80", "::1", 80), (":8080", "0.0.0.0", 8080), ("localhost:0", "localhost", 0)],
)
def test_where_it_listens(listen: str, host: str, port: int) -> None:
    settings = load(flags={"listen": listen})
    assert (settings.listen_host, settings.listen_port) == (host, port)


def test_a_list_of_trackers_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = load(written(tmp_path, 'easyprivacy = "lists/easyprivacy.txt"'))
    with pytest.raises(SettingsError) as caught:
        must_be_readable(settings)
    assert str(caught.value) == (
        f'easyprivacy must be the path of an EasyPrivacy list, not "{tmp_path}/lists/easyprivacy.txt": '
        "no such file or directory; `holdback rules update` fetches one."
    )


def test_a_list_of_trackers_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "easyprivacy.txt").write_text("||tracker.test^\n")
    settings = load(written(tmp_path, 'easyprivacy = "easyprivacy.txt"'))
    must_be_readable(settings)
    assert settings.easyprivacy == tmp_path / "easyprivacy.txt"


def test_retention_is_by_days_and_no_record_goes_before_its_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "holdback.toml"
    file.write_text("[retention]\nrecords_days = 1825\n")
    monkeypatch.setenv("HOLDBACK_RETENTION__EVENTS_DAYS", "395")
    retention = load(file).retention
    assert (retention.records_days, retention.events_days) == (1825, 395)
    file.write_text("[retention]\nrecords_days = 30\n")
    with pytest.raises(SettingsError, match="records_days must be a number of days from 400"):
        load(file)

"""A visitor who refuses while nothing can be recorded is obeyed at once; it is recorded once that works again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.store.log.records import CHOICES

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until

from .test_lost_records import EVERYTHING, ready, released
from .test_withdrawn_elsewhere import FORM, TOKEN, choose


@pytest.fixture
def proxy(origin: Origin, tmp_path: Path) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path / "data", options=["--workers", "3"]) as proxy:
        yield proxy


def answered(proxy: Holdback, action: str, cookie: str) -> int:
    page = proxy.fetch("/_hb/choices", [("Accept", "text/html")])
    token = TOKEN.search(page.body)
    assert token is not None
    body = f"action={action}&token={token[1].decode()}".encode()
    return proxy.fetch("/_hb/choice", [FORM, ("Cookie", cookie)], method="POST", body=body).status


def kinds(proxy: Holdback) -> list[str]:
    """What visitors answered, as the log has it."""
    done = proxy.command("log", "export")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    return [kind for kind in found if kind in CHOICES]


def test_a_withdrawal_takes_effect_while_the_log_is_away(proxy: Holdback, origin: Origin) -> None:
    grant, other = choose(proxy, "accept-all"), choose(proxy, "accept-all")
    for cookie in (grant, other):
        assert released(proxy, origin, cookie) == {EVERYTHING}
    (proxy.data / "log.db").rename(proxy.data / "away.db")
    until(lambda: ready(proxy) != "", "a proxy that is not ready")

    refusal = choose(proxy, "reject-all", grant)
    assert released(proxy, origin, refusal) == {""}
    assert released(proxy, origin, grant) == {""}, "in every worker, and an old copy of the cookie too"
    assert answered(proxy, "accept-all", other) == 503
    assert answered(proxy, "accept-all", refusal) == 503

    (proxy.data / "away.db").rename(proxy.data / "log.db")
    until(lambda: kinds(proxy) == ["grant", "grant", "withdrawal"], "the withdrawal in the log", 20)
    until(lambda: all(ready(proxy) == "" for _ in range(6)), "a ready proxy", 20)
    assert released(proxy, origin, grant) == {""}
    assert released(proxy, origin, other) == {EVERYTHING}
    verified = proxy.command("log", "verify")
    assert verified.returncode == 0, verified.stderr
    assert released(proxy, origin, choose(proxy, "accept-all", refusal)) == {EVERYTHING}


def test_a_part_is_taken_back_while_the_log_is_away(proxy: Holdback, origin: Origin) -> None:
    """What is kept has no record that bears it out, so it waits too; nobody is taken for more than they said."""
    grant = choose(proxy, "accept-all")
    assert released(proxy, origin, grant) == {EVERYTHING}
    (proxy.data / "log.db").rename(proxy.data / "away.db")
    until(lambda: ready(proxy) != "", "a proxy that is not ready")

    part = choose(proxy, "save", grant, "&purpose=analytics")
    assert released(proxy, origin, part) == {""}
    assert released(proxy, origin, grant) == {""}, "in every worker, and an old copy of the cookie too"

    (proxy.data / "away.db").rename(proxy.data / "log.db")
    until(lambda: kinds(proxy) == ["grant", "partial"], "what is kept in the log", 20)
    until(lambda: all(ready(proxy) == "" for _ in range(6)), "a ready proxy", 20)
    for cookie in (part, grant):
        assert released(proxy, origin, cookie) == {""}
    page = proxy.fetch("/", [("Cookie", part), ("Accept", "text/html")])
    assert b'value="accept-all"' in page.body, "they are asked again"
    assert released(proxy, origin, choose(proxy, "save", part, "&purpose=analytics")) == {"analytics"}


def test_it_is_recorded_at_the_next_start_with_the_notice_that_was_shown(
    proxy: Holdback, origin: Origin
) -> None:
    """The first answer that ever comes, so that nothing of it is in the log yet, and the proxy is stopped."""
    (proxy.data / "log.db").rename(proxy.data / "away.db")
    refusal = choose(proxy, "reject-all")
    assert released(proxy, origin, refusal) == {""}
    proxy.process.stop()
    (proxy.data / "away.db").rename(proxy.data / "log.db")
    proxy.restart()
    until(lambda: kinds(proxy) == ["refusal"], "the refusal in the log", 20)
    verified = proxy.command("log", "verify")
    assert verified.returncode == 0, verified.stderr


def test_a_refusal_counts_for_a_choice_that_nothing_bears_out_just_now(
    proxy: Holdback, origin: Origin
) -> None:
    """The proxy was started without its log, so it believes no cookie; an old copy must not count later on either."""
    grant = choose(proxy, "accept-all")
    proxy.process.stop()
    (proxy.data / "log.db").rename(proxy.data / "away.db")
    (proxy.data / "log.db").write_bytes(b"")
    proxy.restart()
    assert released(proxy, origin, grant) == {""}
    choose(proxy, "reject-all", grant)
    (proxy.data / "away.db").rename(proxy.data / "log.db")
    until(lambda: kinds(proxy) == ["grant", "withdrawal"], "the withdrawal in the log", 30)
    proxy.reopened(3)
    assert released(proxy, origin, grant) == {""}

"""The facts in the guard's configuration: how they are written, and that the guard reads what was written."""

import json
import random
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from holdback.banner.guard.config import GuardConfig, guard_script, guard_tag
from holdback.banner.guard.digests import encoded
from holdback.proxy.rules.model import Released
from holdback.proxy.rules.rulebook import Rulebook

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "banner" / "static"
NODE = shutil.which("node")


@dataclass(frozen=True)
class Held:
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    id: str = "acme"


@dataclass(frozen=True)
class Facts:
    services: tuple[Held, ...] = field(default=())
    granted: tuple[str, ...] = ()
    counts: bool = False
    free_cookies: tuple[str, ...] = ()
    free_storage: tuple[str, ...] = ()


def config(exempt: tuple[str, ...] = (), **held: Any) -> GuardConfig:
    return GuardConfig("/_hb", Facts((Held(**held),)), exempt)


def test_nothing_held_says_nothing() -> None:
    value = GuardConfig("/_hb", Facts()).value()
    assert value["places"] == encoded(())
    assert (value["paths"], value["cookies"], value["storage"]) == (False, "", "")


def test_the_order_of_facts_does_not_matter() -> None:
    assert (
        config(hosts=("b.example", "a.example")).value() == config(hosts=("a.example", "b.example")).value()
    )


def test_a_host_is_written_as_it_is_looked_up() -> None:
    assert config(hosts=("*.Example.COM.",)).value() == config(hosts=("example.com",)).value()
    assert config(hosts=("example.com/tr/",)).value() == config(hosts=("example.com/tr",)).value()


def test_no_two_of_a_million_places_share_a_digest() -> None:
    rest = "".join(encoded(f"{number}.example" for number in range(200_000)).split(","))
    assert len(rest) == 6 * 200_000


def test_the_tag_is_ascii_and_ends_where_it_should() -> None:
    tag = guard_tag(config(cookies=("é</script><!--",)), nonce='a"b').decode("ascii")
    assert tag.startswith('<script nonce="a&quot;b">')
    assert tag.endswith("</script>")
    assert tag.count("</script") == 1
    assert "<!--" not in tag
    assert "\n" not in tag, "the page's lines keep their numbers"


def test_the_script_holds_its_configuration() -> None:
    script = guard_script(config(cookies=("_x",))).decode("ascii")
    value = re.search(r'\}\((\{"prefix".*?\}),0,function\(PARTS,self\)', script)
    assert value is not None
    assert json.loads(value[1])["cookies"] == "_x"


@pytest.mark.skipif(NODE is None, reason="needs node")
class TestTheGuardReadsIt:
    """``facts.js`` itself, in Node, on a page of https://shop.example."""

    HELD = config(
        ("ok.mixed.example", "mixed.example/held/but/this"),
        hosts=("tracker.example", "*.Wide.example", "mixed.example/held", "mixed.example"),
        paths=("/acme/collect/", "*/2/httpapi"),
        cookies=("_ga", "_ga_*", "mp_*_mixpanel"),
        storage=("acme:*",),
    )

    URLS = (
        ("https://tracker.example/", True),
        ("//tracker.example/x", True),
        ("https://a.b.tracker.example:8443/x?y#z", True),
        ("https://TRACKER.example./", True),
        ("https:\\\\tracker.example\\x", True),
        ("https://user:pass@tracker.example/", True),
        ("ht\ntps://track\ter.example/", True),
        ("wss://wide.example/", True),
        ("https://nottracker.example/", False),
        ("https://tracker.example.org/", False),
        ("https://example/", False),
        ("data:text/plain,https://tracker.example/", False),
        ("https://mixed.example/held/but", True),
        ("https://mixed.example/held/but/this/x", False),
        ("https://ok.mixed.example/", False),
        ("/acme/collect", True),
        ("/acme/collect/more?x", True),
        ("/x/../acme//c%6fllect", True),
        ("/acme/collector", False),
        ("/deep/down/2/httpapi/", True),
        ("/2/httpapi2", False),
        ("https://shop.example/acme/collect", True),
        ("https://other.example/acme/collect", False),
    )

    def test_urls(self) -> None:
        told = _ask(self.HELD, "held", [url for url, _ in self.URLS])
        assert {url: bool(answer) for (url, _), answer in zip(self.URLS, told, strict=True)} == dict(
            self.URLS
        )

    def test_names(self) -> None:
        names = ["_ga", "_ga_X", "_gab", "mp_1_mixpanel", "mp_1", "x_ga", "sessionid", ""]
        assert _ask(self.HELD, "heldCookie", names) == [True, True, False, True, False, False, False, False]
        assert _ask(self.HELD, "heldKey", ["acme:", "acme:\nx", "acme"]) == [True, True, False]

    def test_all_that_is_known_is_held_and_nothing_else(self) -> None:
        facts = Rulebook.load().guard_facts(Released())
        known = [
            f"https://{host.removeprefix('*.')}/" for service in facts.services for host in service.hosts
        ]
        others = [f"https://{random.Random(number).randbytes(6).hex()}.com/" for number in range(20_000)]
        told = _ask(GuardConfig("/_hb", facts), "held", [*known, *others])
        assert all(told[: len(known)])
        assert not any(told[len(known) :])

    def test_an_outline_leaves_open_all_that_is_known_and_little_else(self) -> None:
        facts = Rulebook.load().guard_facts(Released())
        outlined = GuardConfig("/_hb", facts).outlined()
        known = [f"https://www.{host.removeprefix('*.')}" for one in facts.services for host in one.hosts]
        names = [name.replace("*", "x.1") for one in facts.services for name in (*one.cookies, *one.storage)]
        assert set(_ask(outlined, "held", known)) == {OPEN}
        assert set(_ask(outlined, "heldCookie", names)) == {OPEN}
        assert set(_ask(outlined, "heldKey", names)) == {OPEN}
        others = [random.Random(number).randbytes(5).hex() for number in range(10_000)]
        left_open = _ask(outlined, "held", [f"https://cdn.{name}.com/x" for name in others]).count(OPEN)
        assert left_open < 150
        assert _ask(outlined, "heldCookie", others).count(OPEN) < 150

    @pytest.mark.parametrize("pattern", ["*_id", "a*", "ab*", "*"])
    def test_an_outline_covers_short_patterns(self, pattern: str) -> None:
        outlined = config(cookies=(pattern, "own_*")).outlined()
        names = [pattern.replace("*", "abc"), "own_x"]
        assert _ask(outlined, "heldCookie", names) == [OPEN, OPEN]

    @pytest.mark.parametrize("size", [1, 2, 3, 10, 100, 3000])
    def test_an_outline_of_any_size_has_all_its_names(self, size: int) -> None:
        names = [random.Random(number).randbytes(5).hex() for number in range(size)]
        outlined = config(cookies=tuple(names)).outlined()
        assert set(_ask(outlined, "heldCookie", names)) == {OPEN}
        assert OPEN not in _ask(config(cookies=tuple(names[:-1])).outlined(), "heldCookie", ["another"])

    def test_an_outline_knows_the_sites_own_paths(self) -> None:
        outlined = self.HELD.outlined()
        urls = ["/acme/collect/x", "/a/2/httpapi", "/acme", "https://mixed.example/", "https://x.example/"]
        own, ending, free, mixed, other = _ask(outlined, "held", urls)
        assert own
        assert ending
        assert (free, mixed, other) == (None, OPEN, None)

    def test_where_nothing_is_held_the_outline_is_empty(self) -> None:
        outlined = GuardConfig("/_hb", Facts()).outlined()
        assert _ask(outlined, "held", ["https://a.example/"]) == [None]
        assert _ask(outlined, "heldCookie", ["a", ""]) == [False, False]


OPEN = "not known"
"""In the place of an answer: the outline leaves it open, and there is no file here."""


def _ask(config: GuardConfig | dict[str, object], function: str, things: list[str]) -> list[object]:
    program = """
      Object.assign(globalThis, {REST: undefined, self: globalThis, origin: 'https://shop.example', location: {href: 'https://shop.example/'}});
      const facts = await import(process.argv[1]);
      const [config, name, things] = JSON.parse((await import('node:fs')).readFileSync(0));
      const answer = (thing) => {
        try {
          facts.adopt(config);
          return facts[name](thing) ?? null;
        } catch {
          return 'not known';
        }
      };
      console.log(JSON.stringify(things.map(answer)));
    """
    assert NODE is not None
    said = subprocess.run(
        [
            NODE,
            "--no-warnings",
            "--input-type=module",
            "-e",
            program,
            (STATIC / "guard" / "core" / "facts.js").as_uri(),
        ],
        input=json.dumps([config if isinstance(config, dict) else config.value(), function, things]).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    answers: list[object] = json.loads(said.stdout)
    return answers

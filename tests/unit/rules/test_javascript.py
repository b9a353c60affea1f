"""What of a script runs, and what it only carries."""

from pathlib import Path

import pytest
from holdback.proxy.markup.judging.scripts import imports
from holdback.proxy.rules.javascript import unescaped, without_text
from holdback.proxy.rules.rulebook import Rulebook
from hypothesis import given
from hypothesis import strategies as st

RULES = Rulebook.load()
CALL = "gtag('config', 'G-1')"
ARTICLE = "Paste fbq('init', '123') into the head"

QUOTING = [
    f'window.data = {{body: "{ARTICLE}"}}',
    f'self.__next_f.push([1, "5:[\\"$\\",{{\\"children\\":\\"{CALL}\\"}}]"])',
    f"var a = 'It\\'s ' + \"{CALL};\"",
    f"window.__NUXT__ = {{a: `{CALL}`}}",
    f"const t = `one ${{ `two {CALL}` }} three`",
    f"// {CALL}",
    f"/* {CALL}\n {ARTICLE} */ go()",
    f"<!-- {CALL}\ngo()",
    "var r = /gtag('config')/.test(x)",
    "return /fbq('init'[/])/g",
    "x = [/'/, \"say fbq('init')\"]",
    "JSON.parse('{\"a\":\"fbq(\\'init\\')\"}')",
    "document.title = \"How fbq('init') works\"",
]
CALLING = [
    CALL,
    f"'use strict'; {CALL}",
    f'var a = "it\'s"; {CALL}',
    f"/* a */ {CALL} // b",
    f"a = b / c; {CALL}; d = 1 / 2",
    f"if (a) {{ b() }} {CALL}",
    f"x = `a ${{ {CALL} }} b`",
    f"x = `a ${{ {{b: 1}}.b }}`; {CALL}",
    f"r = /'/.test(a) && {CALL}",
    f"f(x)/2; {CALL}; g()/2",
    'fbq( "init" /* now */, 1)',
    "w[l].push({'gtm.start': new Date()})",
    "i['GoogleAnalyticsObject']=r",
    "setTimeout(\"fbq('init', '1')\", 10)",
    "eval ( 'fbq(\\'init\\')' )",
    f"a = 'never ends {CALL}",
    f"/* never ends {CALL}",
    f"x = `never ends {CALL}",
    f"if (a) /'/.test(b); {CALL}",
]


@pytest.mark.parametrize("script", QUOTING)
def test_a_script_that_quotes_is_nobodys(script: str) -> None:
    assert RULES.inline(script) is None


@pytest.mark.parametrize("script", CALLING)
def test_a_script_that_calls_is_somebodys(script: str) -> None:
    assert RULES.inline(script) is not None


@pytest.mark.parametrize(
    ("service", "signature"),
    [(service.id, signature) for service in RULES.services.values() for signature in service.scripts],
)
def test_every_signature_is_found_as_code_and_not_as_text(service: str, signature: str) -> None:
    assert RULES.inline(f"(function(){{ {signature} }})") is not None
    assert RULES.inline(f"/* {signature} */ go()") is None
    quoted = signature.replace("\\", "").replace('"', "'")
    assert RULES.inline(f"""data = {{text: "The snippet: {quoted}"}}""") is None


@given(
    st.lists(
        st.sampled_from(
            ["'", '"', "`", "${", "}", "{", "/", "*", "//", "/*", "*/", "\\", "\n", "a", "(", "<!--"]
        )
    )
)
def test_whatever_stands_there_is_read_or_not(parts: list[str]) -> None:
    script = "".join(parts)
    runs = without_text(script)
    assert runs is None or len(runs) <= len(script) + 2 * len(parts)


def test_libraries_are_read_to_their_end() -> None:
    """Real code, minified and not: what can't be read there would be held for its quotes."""
    modules = Path(__file__).parents[2] / "sdks" / "node_modules"
    files = [file for file in sorted(modules.glob("*/dist/*.js"))[:150] if file.stat().st_size < 400_000]
    unread = [file.name for file in files if without_text(file.read_text("utf-8", "replace")) is None]
    assert len(files) > 20
    assert len(unread) <= len(files) // 20, unread


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (r"tracker\x2etest", "tracker.test"),
        (r"tracker\u002Etest", "tracker.test"),
        (r"\u{1F600}\u{2e}", "\U0001f600."),
        (r"\u{110000}\u{10ffff}", "\ufffd\U0010ffff"),
        (r"tracker\56test\0", "tracker.test\0"),
        ("a\\\r\nb\\\nc\\\u2028d", "abcd"),
        (r"\b\f\n\r\t\v", "\b\f\n\r\t\v"),
        (r"It\'s \"so\" \/ \\x41", 'It\'s "so" / \\x41'),
        (r"\q\x4", "qx4"),
        ("as it is", "as it is"),
    ],
)
def test_a_string_means_what_a_browser_reads(source: str, value: str) -> None:
    assert unescaped(source) == value


@pytest.mark.parametrize("dot", [".", r"\x2e", r"\u002e", r"\u{2e}", r"\56", r"\."])
def test_an_escape_hides_no_import(dot: str) -> None:
    assert imports(f'import("https://tracker{dot}test/m.js")') == ["https://tracker.test/m.js"]

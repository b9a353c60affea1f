"""A held call behaves as its interface promises, and nothing else behaves otherwise than before."""

import pytest

from tests.support.guarded import Site
from tests.support.recording import Recorder

from .support import Opened

pytestmark = pytest.mark.browser

# Each is an async function's body with HELD, a held address, and its result.
CALLS = {
    "fetch settles well": (
        "r = await fetch(HELD); return [r.status, r.ok, r.url == HELD, r instanceof Response]",
        [200, True, True, True],
    ),
    "fetch gives JSON": (
        "return (await (await fetch(HELD, {method: 'POST', body: 'four'})).json()).payload_size_bytes",
        4,
    ),
    "fetch rejects what is no request": (
        "return fetch(HELD, {method: 'GET', body: 'x'}).catch(e => e.name)",
        "TypeError",
    ),
    "fetch obeys its signal": (
        "return fetch(HELD, {signal: AbortSignal.abort()}).catch(e => e.name)",
        "AbortError",
    ),
    "Mixpanel's answer": ("return (await fetch(HELD + '?verbose=1')).text()", '{"error":null,"status":1}'),
    "XMLHttpRequest fires its events": (
        "const seen = []; const x = new XMLHttpRequest(); x.open('POST', HELD); x.setRequestHeader('x-a', 'b');"
        " for (const n of ['readystatechange', 'load', 'loadend', 'error']) x.addEventList"
        "ener(n, () => seen.push(n));"
        " await new Promise(done => { x.onloadend = done; x.send('x') }); return [x.status, x.readyState, ...seen]",
        [200, 4, "readystatechange", "load", "loadend"],
    ),
    "XMLHttpRequest gives JSON": (
        "const x = new XMLHttpRequest(); x.open('GET', HELD); x.responseType = 'json';"
        " await new Promise(done => { x.onload = done; x.send() });"
        " return [x.response.status, x.getResponseHeader('Content-Type'), x.responseURL == HELD]",
        ["Ok", "application/json", True],
    ),
    "XMLHttpRequest can be used again": (
        "const x = new XMLHttpRequest(); x.open('GET', HELD, false); x.send(); x.open('GET', '/', false); x.send();"
        " return [x.status, x.responseURL == location.href, x.responseText.includes('<')]",
        [200, True, True],
    ),
    "an aborted XMLHttpRequest stays silent": (
        "const x = new XMLHttpRequest(); let loaded = 0; x.onload = () => loaded++;"
        " x.open('GET', HELD); x.send(); x.abort();"
        " await new Promise(done => setTimeout(done, 50)); return loaded",
        0,
    ),
    "sendBeacon is accepted": ("return navigator.sendBeacon(HELD, 'x')", True),
    "an image loads and reads back": (
        "const i = new Image(); const loaded = new Promise(done => i.onload = done); i.src = HELD; await loaded;"
        " return i.src == HELD",
        True,
    ),
    "a script reads back": (
        "const s = document.createElement('script'); s.src = HELD; return s.src == HELD",
        True,
    ),
    "an event stream ends": (
        "const e = new EventSource(HELD); await new Promise(done => e.onerror = done); return e.readyState",
        2,
    ),
    "a socket closes": (
        "const s = new WebSocket(HELD.replace('http', 'ws')); await new Promise(done => s.onclose = done);"
        " return s.readyState",
        3,
    ),
    "storage reads back on this page": (
        "localStorage.setItem('acme:x', 1); sessionStorage['acme:y'] = 2;"
        " return [localStorage.getItem('acme:x'), sessionStorage['acme:y'], localStorage.length,"
        " localStorage.getItem('acme:z')]",
        ["1", "2", 0, None],
    ),
    "a cookie reads back in the same task only": (
        "document.cookie = 'acme_a=1; path=/'; const now = document.cookie;"
        " await new Promise(done => setTimeout(done)); return [now, document.cookie]",
        ["acme_a=1", ""],
    ),
    "a database fails to open": (
        "const r = indexedDB.open('acme_db'); await "
        "new Promise(done => r.onerror = e => { e.preventDefault(); done() });"
        " return r.error.name",
        "AbortError",
    ),
    "the cookie store takes and shows nothing": (
        "if (!self.cookieStore) return null; await cookieStore.set('acme_a', '1'); return cookieStore.get('acme_a')",
        None,
    ),
}
# Each is true without the guard, and has to be true with it.
SAME = {
    "a function looks native": "fetch.toString().includes('[native code]') && fetch.name == 'fetch' "
    "&& fetch.length == 1",
    "instances": "new Audio() instanceof HTMLAudioElement && new Worker('/w.js') instanceof Worker",
    "subclasses": "new (class extends XMLHttpRequest { x = 1 })().x == 1",
    "a wrong receiver throws": "(() => { try { Document.prototype.cookie } catch (e) { return e instanceof TypeEr"
    "ror } })()",
    "arguments are still required": "(() => { try { document.body.appendChild() } catch (e) { return e instanceof Type"
    "Error } })()",
    "storage is storage": "localStorage instanceof Storage && String(localStorage) == '[object Storage]' "
    "&& localStorage === localStorage",
    "storage keeps": "(localStorage.a = 1, localStorage.setItem('b', 2), Object.keys(localStorage) + localStorage.a"
    " + localStorage.length + localStorage.key(0) + ('a' in localStorage) + delete localStorage.a + localStorage.a)"
    " == 'a,b12atruetrueundefined'",
    "storage of strings only": "(() => { try { localStorage.setItem('a') } catch (e) { return e instanceof TypeEr"
    "ror } })()",
    "cookies": "(document.cookie = 'own=1', document.cookie.includes('own=1'))",
    "attributes": "(() => { const i = document.createElement('img'); i.setAttribute('src', '/x.gif');"
    " return i.src })()"
    " == location.origin + '/x.gif'",
    "markup": "(() => { const d = document.createElement('div');"
    ' d.innerHTML = \'<img src="//ok.test/x.gif" alt="a b">\';'
    ' return d.innerHTML })() == \'<img src="//ok.test/x.gif" alt="a b">\'',
    "null is no markup": "(() => { const d = document.createElement('div'); d.innerHTML = null;"
    " return d.innerHTML })() == ''",
    "links to held hosts are links": "(() => { const a = document.createElement('a'); a.href = HELD; return a.href "
    "== HELD })()",
    "nothing new is global": "!Object.keys(window).some(name => /^(HB|HELD|HOLDBACK|hb)/.test(name) "
    "&& name != 'HELD')",
    "the guard left no element": "!document.head.querySelector('script')",
    "frames": "(() => { const f = document.createElement('iframe'); document.body.append(f);"
    " return f.contentWindow.fetch.name == 'fetch' && f.contentWindow.document.body != null })()",
}


@pytest.mark.parametrize(("script", "result"), CALLS.values(), ids=CALLS.keys())
def test_a_held_call(script: str, result: object, opened: Opened, tracker: Recorder) -> None:
    page = opened("<body><script>const HELD = 'T/route'</script>")
    late = "new Promise(done => setTimeout(done, 9000, 'never settled'))"
    assert page.evaluate(f"Promise.race([{late}, (async () => {{ {script} }})()])") == result
    assert tracker.requests == []


@pytest.mark.parametrize("guarded", [False, True], ids=["without", "with"])
@pytest.mark.parametrize("check", SAME.values(), ids=SAME.keys())
def test_what_stays_the_same(check: str, guarded: bool, opened: Opened, site: Site) -> None:
    site.guarded = guarded
    page = opened("<body><script>const HELD = 'T/route'</script>")
    if guarded or "querySelector" not in check:
        assert page.evaluate(check) is True


@pytest.mark.parametrize(
    "hostile",
    [
        "Object.freeze(Document.prototype); Object.freeze(document)",
        "Array.prototype.includes = Set.prototype.has = Map.prototype.get = () => 0",
        "window.URL = window.Request = window.Proxy = null; Reflect.apply = null",
        "Object.prototype.get = Object.prototype.value = 1",
        "window.fetch = new Proxy(fetch, {})",
    ],
)
def test_a_page_that_changes_everything(hostile: str, opened: Opened, tracker: Recorder) -> None:
    page = opened(
        f"<body><script>{hostile}; document.cookie = 'acme_a=1'; new Image().src = 'T/p.gif';"
        " fetch('T/route').catch(() => 0)</script>"
    )
    page.wait_for_load_state("networkidle")
    assert [str(request) for request in tracker.requests] == []
    assert page.context.cookies() == []


CHOICES = {
    "fetch": "return fetch('/_hb/choice', {method: 'POST'}).catch(e => e.name)",
    "XMLHttpRequest": "x = new XMLHttpRequest(); x.open('POST', '/_hb//%63hoice', false);"
    " x.send('action=accept-all');"
    " return x.status",
    "beacon": "return navigator.sendBeacon(location.origin + '/_hb/choice', 'action=accept-all')",
    "form": "document.body.insertAdjacentHTML('beforeend', `<form method=post action=/_hb/choice></form>`);"
    " document.forms[0].submit(); return 0",
    "clicked form": "document.body.insertAdjacentHTML('beforeend', `<form method=post><button formacti"
    "on=/_hb/choice>`);"
    " document.querySelector('button').click(); return 0",
    "a frame's fetch": "f = document.createElement('iframe'); document.body.append(f);"
    " return f.contentWindow.fetch('/_hb/choice', {method: 'POST'}).catch(e => e.name)",
}


@pytest.mark.parametrize("script", CHOICES.values(), ids=CHOICES.keys())
def test_a_script_makes_no_choice(script: str, opened: Opened, site: Site) -> None:
    page = opened("<body>")
    page.evaluate(f"(async () => {{ {script} }})()")
    page.wait_for_load_state("networkidle")
    assert site.recorder.received("POST") == []


def test_the_notice_is_closed_to_the_page(opened: Opened) -> None:
    page = opened("<body>")
    assert page.evaluate("document.querySelector('hb-notice').shadowRoot") is None
    with pytest.raises(Exception, match=r"attachInternals|NotSupportedError"):
        page.evaluate("document.querySelector('hb-notice').attachInternals()")

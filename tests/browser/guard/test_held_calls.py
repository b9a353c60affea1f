"""A held call behaves as its interface promises, and nothing else behaves otherwise than before."""

import pytest

from tests.support.engines import choose
from tests.support.guarded import Site
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

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
    "storage keeps": "(localStorage.a = 1, localStorage.setItem('b', 2), Object.keys(localStorage).sort()"
    " + localStorage.a + localStorage.length + [0, 1].map(n => localStorage.key(n)).sort() + ('a' in localStorage)"
    " + delete localStorage.a + localStorage.a) == 'a,b12a,btruetrueundefined'",
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
    **{
        name: f"new Promise(done => {{ const kept = (text, type = 'text/javascript') =>"
        f" URL.createObjectURL(new Blob([text], {{type}})); {code} }})"
        for name, code in {
            "a worker whose address is revoked at once": "const u = kept('postMessage(1)'); const w = new Worker(u);"
            " URL.revokeObjectURL(u); w.onmessage = () => done(true); w.onerror = () => done(false)",
            "a module worker whose address is revoked": "const u = kept('postMessage(1)');"
            " const w = new Worker(u, {type: 'module'}); URL.revokeObjectURL(u);"
            " w.onmessage = () => done(true); w.onerror = () => done(false)",
            "a worker of a blob without a type": "const w = new Worker(kept('postMessage(1)', ''));"
            " w.onmessage = () => done(true); w.onerror = () => done(false)",
            "a worker of bytes": "const w = new Worker(kept(new TextEncoder().encode('postMessage(1)')));"
            " w.onmessage = () => done(true); w.onerror = () => done(false)",
            "a worker of an address that was revoked before": "const u = kept('postMessage(1)');"
            " URL.revokeObjectURL(u); const w = new Worker(u); w.onmessage = () => done(false);"
            " w.onerror = () => done(true)",
            "two shared workers of one address": "const u = kept('let n = 0; onconnect = (e) =>"
            " e.ports[0].postMessage(++n)'); new SharedWorker(u).port.onmessage = () => {"
            " new SharedWorker(u).port.onmessage = (e) => done(e.data == 2) }",
            "a worker knows its address": "const u = kept('postMessage(location.href + self.origin)');"
            " new Worker(u).onmessage = (e) => done(e.data == u + origin)",
            "a worker of data has no origin": "const w = new Worker('data:text/javascript,postMessage(self.origin)');"
            " w.onmessage = (e) => done(e.data == 'null')",
            "a worker's errors are its own": "const w = new Worker(kept('throw new Error(`mine`)'));"
            " w.onerror = (e) => { e.preventDefault(); done(e.message.includes('mine')) }",
            "a document of a blob": "const f = document.createElement('iframe'); const u = f.src ="
            " kept('<title>b</title>', 'text/html'); document.body.append(f); f.onload = () =>"
            " done(f.src == u && f.contentDocument.title == 'b')",
            "a document of bytes": "const f = document.createElement('iframe'); f.onload = () =>"
            " f.contentDocument.title && done(f.contentDocument.title == 'b'); f.src ="
            " kept(new TextEncoder().encode('<title>b</title>'), 'text/html'); document.body.append(f)",
            "a document of XHTML": "const f = document.createElement('iframe'); f.src ="
            " kept(`<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p id='q'/></body></html>`,"
            " 'application/xhtml+xml'); document.body.append(f); f.onload = () =>"
            " done(f.contentDocument.getElementById('q') != null && !f.contentDocument.querySelector('parsererror'))",
            "an empty document of XML": "const f = document.createElement('iframe'); f.src ="
            " kept(`<feed/>`, 'application/xml'); document.body.append(f); f.onload = () =>"
            " done(f.contentDocument.documentElement.localName == 'feed')",
            "a drawing of a blob": "const f = document.createElement('iframe'); f.src ="
            " kept(`<svg xmlns='http://www.w3.org/2000/svg'><path id='q'/></svg>`, 'image/svg+xml');"
            " document.body.append(f); f.onload = () => done(f.contentDocument.getElementById('q') != null)",
        }.items()
    },
    "what a frame is given reads back": "(() => { const f = document.createElement('iframe'); f.srcdoc = '<p>a</p>';"
    " return f.srcdoc == '<p>a</p>' })()",
    "another address reads back": "(() => { const f = document.createElement('iframe');"
    " f.src = URL.createObjectURL(new Blob(['<p>'], {type: 'text/html'})); f.src = '/x';"
    " return f.src == origin + '/x' })()",
    "data that mentions an import": "(() => { const s = document.createElement('script');"
    " s.type = 'application/ld+json';"
    " s.textContent = JSON.stringify({import: HELD}); document.head.append(s);"
    " return s.textContent.includes('import') && s.type == 'application/ld+json' && (s.remove(), true) })()",
    "a comment that mentions an import": "(() => { const s = document.createElement('script');"
    " s.textContent = '/* import ' + JSON.stringify(HELD) + ' */ self.said = 1'; document.head.append(s);"
    " s.remove(); return self.said == 1 })()",
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


REFUSING = "script-src 'nonce-abc'; connect-src http://*.test:*; worker-src blob:; frame-src * blob: data:"
"""A policy under which no script can read what lies at a ``blob:`` or ``data:`` address."""
UNREADABLE = {
    "a document": "f.src = URL.createObjectURL(new Blob([markup], {type: 'text/html'}))",
    "a document of bytes": "f.src = URL.createObjectURL(new Blob([new TextEncoder().encode(markup)],"
    " {type: 'text/html'}))",
    "a document by attribute": "f.setAttribute('src', URL.createObjectURL(new Blob([new TextEncoder().encode(markup)],"
    " {type: 'text/html'})))",
    "a document of data": "f.src = 'data:text/html,' + encodeURIComponent(markup)",
    "a document of coded data": "f.src = 'data:text/html;base64,' + btoa(markup)",
    "a worker": "new Worker(URL.createObjectURL(new Blob(['fetch(`T/route`)'])))",
}


@pytest.mark.parametrize("script", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_a_policy_does_not_let_us_read_is_held(
    script: str, opened: Opened, site: Site, tracker: Recorder
) -> None:
    site.policy = REFUSING
    page = opened(
        "<body><script nonce=abc>const f = document.createElement('iframe');"
        " const markup = '<p id=q>in</p><img src=\"T/route\">'; document.body.append(f);"
        f" {script}; self.done = 1</script>"
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert page.evaluate("self.done") == 1
    assert tracker.requests == []
    if "src" in script and "data:" not in script:
        assert page.frames[-1].locator("#q").inner_text() == "in"


TRUSTING = (
    "script-src 'nonce-abc' 'strict-dynamic'; require-trusted-types-for 'script'; trusted-types p holdback"
)
VOUCHED = """<body><script nonce=abc>
const same = (text) => text;
const p = trustedTypes.createPolicy('p', { createHTML: same, createScript: same, createScriptURL: same });
const f = document.createElement('iframe'); f.srcdoc = p.createHTML('<p>in</p>'); document.body.append(f);
const d = document.createElement('div');
d.innerHTML = p.createHTML('<img src="T/a.gif"><b>b</b>'); document.body.append(d);
document.write(p.createHTML('<i>w</i><img src="T/b.gif">'));
const s = document.createElement('script'); s.src = p.createScriptURL('T/c.js'); document.head.append(s);
const w = new Worker(p.createScriptURL(URL.createObjectURL(new Blob(['postMessage(1)']))));
w.onmessage = () => { self.worked = true };
for (const [name, property] of [['embed', 'src'], ['object', 'data']]) {
  const e = document.createElement(name);
  e[property] = p.createScriptURL(URL.createObjectURL(new Blob(['<p>x</p>'], {type: 'text/html'})));
  document.body.append(e);
}
try { d.innerHTML = '<b>not vouched for</b>' } catch { self.refused = true }
self.done = d.textContent + document.querySelector('i').textContent;
</script>"""


def test_a_page_of_trusted_types(opened: Opened, site: Site, tracker: Recorder) -> None:
    site.policy = TRUSTING
    page = opened(VOUCHED)
    until(lambda: page.evaluate("self.worked"), "the worker")
    assert page.evaluate("[self.done, self.refused, f.srcdoc]") == ["bw", True, "<p>in</p>"]
    assert tracker.requests == []
    choose(page, "accept-all")
    for path in ("/a.gif", "/b.gif", "/c.js"):
        tracker.wait(path)

"""What the scripts of a page see of the platform is the same with Holdback, which is there all the same."""

import pytest
from playwright.sync_api import Browser

from tests.support.engines import choose
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

HELPERS = """
  const T = '//www.google-analytics.com/';
  const kept = (text, type) => URL.createObjectURL(new Blob([text], {type}));
  const put = (name, set) => new Promise(done => {
    const node = document.createElement(name);
    node.onload = () => done(node);
    set(node);
    document.body.append(node);
  });
  const thrown = act => { try { act(); return 'nothing' } catch (e) { return e.name } };
"""
SEEN = {
    "the first link is the page's own": (
        "[document.links.length, document.querySelector('a').textContent, document.getElementsByTagName('a')[0].hash]"
    ),
    "the body begins with what the page put there": (
        "[document.body.firstElementChild.localName, document.body.children[1].localName,"
        " getComputedStyle(document.body.firstElementChild).color, document.body.innerText.slice(0, 9)]"
    ),
    "an event names the storage that the page knows": (
        "put('iframe', () => {}).then(f => new Promise(done => {"
        " addEventListener('storage', e => done([e.storageArea == localStorage, e.storageArea == sessionStorage,"
        "   e.key, e.newValue]));"
        " f.contentWindow.localStorage.setItem('q', 'b') }))"
    ),
    "a page makes an event of storage": (
        "(() => { const one = new StorageEvent('storage', {key: 'k', storageArea: localStorage});"
        " const other = new StorageEvent('storage'); const none = other.storageArea;"
        " other.initStorageEvent('storage', false, false, 'k', null, 'v', '/', sessionStorage);"
        " return [one.storageArea == localStorage, one.key, none, other.storageArea == sessionStorage,"
        "   thrown(() => new StorageEvent('storage', {storageArea: {}}))] })()"
    ),
    "a cookie lasts until a date": (
        "cookieStore.set({name: 'until', value: '1', expires: new Date(Date.now() + 1e6)})"
        ".then(() => cookieStore.set({name: 'past', value: '1', expires: new Date(Date.now() - 1e6)}))"
        ".then(() => document.cookie.includes('until=1') && !document.cookie.includes('past'))"
    ),
    "each function says of itself what the browser's own says": (
        "(() => { const seen = {}, source = Function.prototype.toString;"
        " const constructs = f => { try { Reflect.construct(Object, [], f); return true } catch { return false } };"
        " const look = (path, f) => typeof f == 'function' && (seen[path] ="
        "   [f.name, f.length, source.call(f), f + '', Reflect.ownKeys(f).map(String).sort(), constructs(f)]);"
        " for (const name of Object.getOwnPropertyNames(self)) {"
        "   const { value: owner, get, set } = Object.getOwnPropertyDescriptor(self, name);"
        "   look(name, owner); look('get ' + name, get); look('set ' + name, set);"
        "   for (const [on, of] of [[name, owner], [name + '.prototype', owner?.prototype]])"
        "     if (/^[A-Z]/.test(name) && of) for (const key of Object.getOwnPropertyNames(of)) {"
        "       const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(of, key);"
        "       look(on + '.' + key, value); look(on + '.get ' + key, get); look(on + '.set ' + key, set);"
        "       seen[on + '.' + key + ' is'] = flags } }"
        " return seen })()"
    ),
    "the frames of a window": (
        "(() => { const before = [length, frames == self, frames.length, typeof self[0]];"
        " document.body.append(document.createElement('iframe'));"
        " const after = [length, frames.length, self[0] == document.querySelector('iframe').contentWindow];"
        " frames = {own: 1}; length = 'x'; const own = Object.getOwnPropertyDescriptor(self, 'length');"
        " return [before, after, frames.own, length, own] })()"
    ),
    "a style has the properties of a style": (
        "(() => { const { style } = document.createElement('p'); style.width = '1px'; style.setProperty('--x', '2');"
        " style.own = 3; const listed = []; for (const key in style) listed.push(key);"
        " const fixed = thrown(() => Object.defineProperty(style, 'fixed', {value: 4}));"
        " return [style.width, style[0], style.length, style.cssText, 'width' in style, 'object' in style, listed,"
        "   Object.keys(style), Reflect.ownKeys(style).map(String), Object.hasOwn(style, 'width'),"
        "   Object.getOwnPropertyDescriptor(style, 'width'), Object.getOwnPropertyDescriptor(style, 'object'), fixed,"
        "   Object.getOwnPropertyDescriptor(style, 'fixed'),"
        "   thrown(() => { 'use strict'; style.fixed = 5 }), style.fixed,"
        "   thrown(() => Object.preventExtensions(style)), thrown(() => Object.freeze(style)),"
        "   Object.isExtensible(style), Object.getPrototypeOf(style) == CSSStyleDeclaration.prototype,"
        "   style instanceof CSSStyleDeclaration, style + '', delete style.own, style.own, { ...style }.width] })()"
    ),
    "a storage has the properties of a storage": (
        "(() => { localStorage.clear(); localStorage.q = 1; localStorage.setItem('object', 2);"
        " const listed = []; for (const key in localStorage) listed.push(key);"
        " return [localStorage.q, localStorage.object, 'object' in localStorage, listed, Object.entries(localStorage),"
        "   Object.getOwnPropertyDescriptor(localStorage, 'q'), JSON.stringify(localStorage), localStorage + '',"
        "   thrown(() => Object.preventExtensions(localStorage)),"
        "   Object.getPrototypeOf(localStorage) == Storage.prototype,"
        "   delete localStorage.object, Object.keys(localStorage), localStorage.length] })()"
    ),
    "a file is a blob": (
        "[Object.getPrototypeOf(File) == Blob, new File(['a'], 'b') instanceof Blob, File.name, File.length]"
    ),
    "a cache wants a list": "caches.open('x').then(c => c.addAll()).catch(e => e.name)",
    "the mode of a document that a page writes": (
        "Promise.all(['<p>a', '<!doctype html><p>a', '<!-- a --> <!DOCTYPE html><p>a'].flatMap(text =>"
        " [put('iframe', f => f.src = kept(text, 'text/html')), put('iframe', f => f.srcdoc = text)]))"
        ".then(all => all.map(f => [f.contentDocument.compatMode, f.contentDocument.doctype?.name]))"
    ),
    "the part of a document to which an address leads": (
        "Promise.all(['html', 'xml'].map(kind => put('iframe', f => f.src ="
        " kept('<p xmlns=\"http://www.w3.org/1999/xhtml\" id=\"q\">a</p>', 'text/' + kind) + '#q')))"
        ".then(all => all.map(f => [f.contentWindow.location.hash, f.contentDocument.querySelector(':target')?.id]))"
    ),
    "a shared worker of an address that was revoked": (
        "(async () => { const url = kept('let n = 0; onconnect = e => e.ports[0].postMessage(++n)', 'text/javascript');"
        " const said = () => new Promise(done => new SharedWorker(url).port.onmessage = e => done(e.data));"
        " const first = await said(); URL.revokeObjectURL(url); return [first, await said()] })()"
    ),
    "a script of XML in a frame": (
        "put('iframe', f => f.src = kept('<html xmlns=\"http://www.w3.org/1999/xhtml\"><script><![CDATA['"
        " + 'parent.ran = 1 < 2 && [[1]][0]]' + ']></' + 'script></html>', 'application/xml')).then(() => window.ran)"
    ),
}
"""Expressions, each with a value, or a promise of one, that says how the platform is."""
VOUCHED = {
    "text where a document is wanted": "thrown(() => document.createElement('iframe').srcdoc = '<p>a')",
    "text that names a tracker": "thrown(() => document.body.innerHTML = `<img src=${T}x>`)",
    "text to be written": "thrown(() => document.write(`<img src=${T}x>`))",
    "an address of a worker": "thrown(() => new Worker(kept('', 'text/javascript')))",
    "what the page vouches for": (
        "(() => { const p = trustedTypes.createPolicy('p', {createHTML: s => s, createScriptURL: s => s});"
        " const node = document.createElement('div'); node.innerHTML = p.createHTML(`<b>a</b><img src=${T}x>`);"
        " const frame = document.createElement('iframe'); frame.srcdoc = p.createHTML('<p>a');"
        " new Worker(p.createScriptURL(kept('', 'text/javascript')));"
        " return [node.firstChild.localName, frame.srcdoc] })()"
    ),
}
"""The same under ``require-trusted-types-for 'script'``."""
CHECKED = {
    "what its default policy makes of a text": (
        "(() => { const node = document.createElement('div'); node.innerHTML = `<b onclick=x()>a</b><img src=${T}x>`;"
        " const frame = document.createElement('iframe'); frame.srcdoc = '<b onclick=x()>a</b>';"
        " return [node.firstChild.outerHTML, thrown(() => node.innerHTML = `no <img src=${T}x>`)] })()"
    ),
    "a document by its default policy": (
        "put('iframe', f => f.srcdoc = '<b onclick=x()>a</b>').then(f => f.contentDocument.body.innerHTML)"
    ),
}
"""The same where the page has a default policy, which takes ``onclick`` away and refuses what begins with "no"."""
DEFAULT = """
  trustedTypes.createPolicy('default', {createHTML: s => s.startsWith('no') ? null
    : s.replace(/<script.*?<.script>/gs, '').replace(/ onclick=[^>]*/g, '')});
"""
PAGE = (
    "<!doctype html><html><head><title>x</title><style>body > :first-child {{ color: red }}</style><script>{}</script>"
    "</head><body><main>Main text</main><p><a href='#own'>Own</a></p></body></html>"
)
STRICT = ("Content-Security-Policy", "require-trusted-types-for 'script'")


@pytest.mark.parametrize(
    ("path", "expression"),
    [
        *(pytest.param("/", seen, id=name) for name, seen in SEEN.items()),
        *(pytest.param("/strict", seen, id=name) for name, seen in VOUCHED.items()),
        *(pytest.param("/checked", seen, id=name) for name, seen in CHECKED.items()),
    ],
)
def test_the_platform_is_what_it_was(
    proxy: Holdback, origin: Origin, browser: Browser, path: str, expression: str
) -> None:
    origin.pages["/"] = Reply(PAGE.format("").encode(), lines=[HTML])
    origin.pages["/strict"] = Reply(PAGE.format("").encode(), lines=[HTML, STRICT])
    origin.pages["/checked"] = Reply(PAGE.format(DEFAULT).encode(), lines=[HTML, STRICT])
    seen = []
    for base in (origin.url, proxy.url):
        context = browser.new_context()
        page = context.new_page()
        page.goto(base + path)
        seen.append(page.evaluate(f"async () => {{ {HELPERS} return await ({expression}) }}"))
        context.close()
    assert seen[1] == seen[0]


def test_a_frame_whose_document_never_comes_is_held_too(
    proxy: Holdback, origin: Origin, browser: Browser
) -> None:
    """It stays the empty document of our own origin that it was at first. Unheld, the call fails: nobody is there."""
    origin.pages["/nothing"] = Reply(b"", status=204)
    frame = f"<body><iframe src=http://localhost:{proxy.port}/nothing></iframe></body>"
    origin.pages["/waiting"] = Reply(PAGE.format("").replace("</body>", frame).encode(), lines=[HTML])
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{proxy.url}/waiting")
        answered = "self[0].fetch('//www.google-analytics.com/g/collect?v=2').then(r => r.ok, e => e.name)"
        until(lambda: page.evaluate(answered) is True, "the call to be held")


_TAG = "https://www.googletagmanager.com/gtag/js?id="
PRELOADS = {
    "in markup": f"<link rel=preload as=script href={_TAG}>",
    "in markup, of a module": f"<link href={_TAG} rel=modulepreload>",
    "in markup, of a picture for each screen": (
        "<link rel=preload as=image imagesrcset='https://www.facebook.com/tr?id=1 2x'>"
    ),
    "by properties": (
        f"<script>var l = document.createElement('link'); l.rel = 'preload'; l.as = 'script'; l.href = '{_TAG}';"
        " document.head.append(l)</script>"
    ),
    "by properties, the address first": (
        "<script>var l = document.createElement('link'); document.head.append(l);"
        f" l.href = '{_TAG}'; l.as = 'script'; l.rel = 'preload'</script>"
    ),
    "by attributes": (
        "<script>var l = document.createElement('link'); document.head.append(l);"
        f" l.setAttribute('href', '{_TAG}'); l.setAttribute('as', 'script'); l.setAttribute('rel', 'preload')</script>"
    ),
    "in markup that a script writes": (
        f"<script>document.head.insertAdjacentHTML('beforeend', `<link rel='preload' as=script href={_TAG}>`)</script>"
    ),
}
_LATEST = "Array.from(document.querySelectorAll('link')).at(-1)"


@pytest.mark.parametrize("markup", PRELOADS.values(), ids=PRELOADS.keys())
def test_a_held_preload_warns_of_nothing_and_is_one_again(
    proxy: Holdback, origin: Origin, browser: Browser, markup: str
) -> None:
    origin.pages["/ahead"] = Reply(f"<!doctype html><head>{markup}</head><body>x".encode(), lines=[HTML])
    said: list[str] = []
    asked: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{proxy.url}/ahead")
        page.wait_for_timeout(300)
        assert [text for text in said if "load" in text] == []
        assert page.evaluate(f"{_LATEST}.rel").endswith("preload"), "a page reads what it wrote"
        assert not any(proxy.url not in url for url in asked)
        choose(page, "accept-all")
        until(lambda: page.wait_for_timeout(20) or any(proxy.url not in url for url in asked), "the preload")
        assert page.evaluate(f"{_LATEST}.getAttribute('rel')").endswith("preload")
        assert [text for text in said if "value" in text] == []


def test_a_held_preload_that_gets_an_address_of_the_site_fetches_it(
    proxy: Holdback, origin: Origin, browser: Browser
) -> None:
    origin.pages["/own.js"] = Reply(b"0", lines=[("Content-Type", "text/javascript")])
    markup = f"<link rel=preload as=script href={_TAG}><script>{_LATEST}.href = '/own.js'</script>"
    origin.pages["/another"] = Reply(f"<!doctype html><head>{markup}</head><body>x".encode(), lines=[HTML])
    with browser.new_context() as context:
        page = context.new_page()
        with page.expect_request("**/own.js", timeout=5000):
            page.goto(f"{proxy.url}/another")
        assert page.evaluate(f"[{_LATEST}.rel, {_LATEST}.getAttribute('rel')]") == ["preload", "preload"]

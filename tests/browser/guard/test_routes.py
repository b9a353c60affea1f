"""Every way for a script to reach a tracker or to keep something, each alone; what arrived and what stayed counts."""

import pytest
from playwright.sync_api import Page

from tests.support.guarded import Site
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened, settled

pytestmark = pytest.mark.browser

# In each script HELD is a held address.
ROUTES = {
    "fetch": "fetch(HELD)",
    "fetch of a Request": "fetch(new Request(HELD, {method: 'POST', body: 'x'}))",
    "fetch of a HELD": "fetch(new URL(HELD))",
    "fetch without a scheme": "fetch(HELD.replace('http:', ''))",
    "fetch with odd letters": "fetch(HELD.replace('tracker.test', 'TRACKER.test').replace('/r', '/\\t./r'))",
    "XMLHttpRequest": "x = new XMLHttpRequest(); x.open('GET', HELD); x.send()",
    "synchronous XMLHttpRequest": "x = new XMLHttpRequest(); x.open('POST', HELD, false); x.send('x')",
    "sendBeacon": "navigator.sendBeacon(HELD, 'x')",
    "EventSource": "new EventSource(HELD)",
    "WebSocket": "new WebSocket(HELD.replace('http', 'ws'))",
    "Image": "new Image().src = HELD",
    "image by attribute": "document.createElement('img').setAttribute('SRC', HELD)",
    "image srcset": "document.createElement('img').srcset = HELD + ' 1x, /own.gif 2x'",
    "image by an attribute node": "a = document.createAttribute('src'); a.value = HELD;"
    " document.createElement('img').setAttributeNode(a)",
    "image by an attribute node's value": "i = new Image(); i.src = '/own.gif'; i.getAttributeNode('src').value = HELD",
    "script": "s = document.createElement('script'); s.src = HELD + '.js'; document.head.append(s)",
    "module": "s = document.createElement('script'); s.type = 'module'; s.src = HELD + '.js'; document.head.append(s)",
    "iframe": "f = document.createElement('iframe'); f.src = HELD; document.body.append(f)",
    "style sheet": "l = document.createElement('link'); l.rel = 'stylesheet'; l.href = HELD; document.head.append(l)",
    "preload": "l = document.createElement('link'); l.rel = 'preload'; l.as = 'image'; l.href = HELD;"
    " document.head.append(l)",
    "video": "v = document.createElement('video'); v.src = HELD; document.body.append(v)",
    "poster": "v = document.createElement('video'); v.poster = HELD; document.body.append(v)",
    "Audio": "new Audio(HELD).play().catch(() => 0)",
    "object": "o = document.createElement('object'); o.data = HELD; document.body.append(o)",
    "embed": "e = document.createElement('embed'); e.src = HELD; document.body.append(e)",
    "input image": "i = document.createElement('input'); i.type = 'image'; i.src = HELD; document.body.append(i)",
    "innerHTML": "document.body.innerHTML += `<img src=${HELD}>`",
    "innerHTML with references": "h = HELD.replace('//', '&#47;/');"
    " document.createElement('div').innerHTML = `<img src=${h}>`",
    "outerHTML": "d = document.createElement('div'); document.body.append(d); d.outerHTML = `<img src='${HELD}'>`",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', `<iframe src='${HELD}'></iframe>`)",
    "innerHTML in a shadow root": "document.body.attachShadow({mode: 'closed'}).innerHTML = `<img src='${HELD}'>`",
    "template": "t = document.createElement('template'); t.innerHTML = `<img src='${HELD}'>`;"
    " document.body.append(t.content)",
    "contextual fragment": "document.body.append(document.createRange().createContextualFragment("
    "`<script src='${HELD}.js'><\\/script>`))",
    "DOMParser": "d = new DOMParser().parseFromString(`<img src='${HELD}'>`, 'text/html');"
    " document.body.append(d.body.firstChild)",
    "importNode": "d = document.implementation.createHTMLDocument(); d.body.innerHTML = '<img>';"
    " i = document.importNode(d.body.firstChild); i.src = HELD",
    "document.write": "document.write(`<script src='${HELD}.js'><\\/script>`)",
    "write in pieces": "document.write('<img ', `src='${HELD}'`, '>')",
    "srcdoc": "f = document.createElement('iframe'); f.srcdoc = `<img src='${HELD}'>`; document.body.append(f)",
    "script in srcdoc": "f = document.createElement('iframe'); f.srcdoc = `<script>fetch('${HELD}')<\\/script>`;"
    " document.body.append(f)",
    "fetch of a fresh frame": "f = document.createElement('iframe'); document.body.append(f);"
    " f.contentWindow.fetch(HELD)",
    "fetch of frames[0]": "document.body.append(document.createElement('iframe'));"
    " frames[frames.length - 1].fetch(HELD)",
    "image of a fresh frame": "f = document.createElement('iframe'); document.body.append(f);"
    " new (f.contentDocument.defaultView.Image)().src = HELD",
    "frame by innerHTML": "d = document.createElement('div'); document.body.append(d);"
    " d.innerHTML = '<iframe></iframe>';"
    " frames[frames.length - 1].navigator.sendBeacon(HELD)",
    "worker of a blob": "new Worker(URL.createObjectURL(new Blob([`fetch('${HELD}')`])))",
    "module worker of a blob": "new Worker(URL.createObjectURL(new Blob([`fetch('${HELD}')`],"
    " {type: 'text/javascript'})), {type: 'module'})",
    "importScripts in a worker": "new Worker(URL.createObjectURL(new Blob([`importScripts('${HELD}.js')`])))",
    "style text": "document.body.style.cssText = `background: url(${HELD})`",
    "style property": "document.body.style.setProperty('background', `url(${HELD})`)",
    "style attribute": "document.body.setAttribute('style', `background: url('${HELD}')`)",
    "insertRule": "s = document.createElement('style'); document.head.append(s);"
    " s.sheet.insertRule(`body { background: url(${HELD}) }`)",
    "FontFace": "new FontFace('f', `url(${HELD})`).load().catch(() => 0)",
    "SVG image": "s = document.createElementNS('http://www.w3.org/2000/svg', 'image'); s.href.baseVal = HELD",
    "SVG image by attribute": "v = document.createElementNS('http://www.w3.org/2000/svg', 'svg');"
    " s = document.createElementNS(v.namespaceURI, 'image');"
    " s.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', HELD); v.append(s); document.body.append(v)",
    "a saved native of another realm": "f = document.createElement('iframe'); document.body.append(f);"
    " Function.prototype.call.call(f.contentWindow.fetch, window, HELD)",
    "own path": "fetch('/acme/collect/x?y')",
    "own path, written otherwise": "fetch('/x/..//acme/%63ollect')",
    "own path by its end": "fetch('/anywhere/2/httpapi', {method: 'POST', body: '{}'})",
    "a held path of a host": "fetch(HELD.replace('tracker', 'mixed').replace('/route', '/held/route'))",
}
KEPT = {
    "document.cookie": "document.cookie = 'acme_id=1; path=/'",
    "with a domain": "document.cookie = 'acme_id=1; domain=shop.test; max-age=999'",
    "by the prototype": "Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call(document, '_acme=1')",
    "by a frame's realm": "f = document.createElement('iframe'); document.body.append(f);"
    " Object.getOwnPropertyDescriptor(f.contentWindow.Document.prototype, 'cookie').set.call(document, '_acme=1')",
    "by a frame's document": "f = document.createElement('iframe'); document.body.append(f);"
    " f.contentDocument.cookie = '_acme=1'",
    "own property in front": "d = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');"
    " Object.defineProperty(document, 'cookie', {get: () => d.get.call(document), set: v => d.set.call(document, v)});"
    " document.cookie = '_acme=1'",
    "setItem": "localStorage.setItem('acme:id', '1')",
    "a named property": "localStorage['acme:id'] = '1'",
    "defineProperty": "Object.defineProperty(localStorage, 'acme:id', {value: '1'})",
    "by the storage prototype": "Storage.prototype.setItem.call(localStorage, 'acme:id', '1')",
    "session storage": "sessionStorage.setItem('acme:id', '1')",
    "a frame's storage": "f = document.createElement('iframe'); document.body.append(f);"
    " f.contentWindow.localStorage.setItem('acme:id', '1')",
    "a database": "indexedDB.open('acme_db').onupgradeneeded = e => e.target.result.createObjectStore('s')",
}


@pytest.mark.parametrize("script", ROUTES.values(), ids=ROUTES.keys())
def test_nothing_arrives(script: str, opened: Opened, site: Site, tracker: Recorder) -> None:
    page = opened(f"<script>const HELD = 'T/route'; {script}</script>")
    settled(page)
    assert [str(request) for request in tracker.requests] == []
    assert site.recorder.received("acme") + site.recorder.received("httpapi") == []


@pytest.mark.long
@pytest.mark.parametrize("script", ROUTES.values(), ids=ROUTES.keys())
def test_without_the_guard_it_arrives(script: str, opened: Opened, site: Site, tracker: Recorder) -> None:
    """Else the route would prove nothing."""
    site.guarded = False
    opened(f"<body><script>const HELD = 'T/route'; {script}</script>")
    own = "acme" if "acme/" in script else "httpapi"
    until(lambda: tracker.requests or site.recorder.received(own), "a request", 5)


@pytest.mark.parametrize("script", KEPT.values(), ids=KEPT.keys())
def test_nothing_is_kept(script: str, opened: Opened) -> None:
    page = opened(f"<script>{script}</script>")
    settled(page)
    assert kept(page) == []
    page.reload()
    settled(page)
    assert kept(page) == []


def kept(page: Page) -> list[str]:
    """The names of all that lies in the profile."""
    state = page.context.storage_state(indexed_db=True)
    names = [cookie["name"] for cookie in state["cookies"]]
    names += [item["name"] for origin in state["origins"] for item in origin["localStorage"]]
    names += page.evaluate("Object.keys(sessionStorage)")
    names += page.evaluate("indexedDB.databases().then(all => all.map(({name}) => name))")
    return names


TEXTS = {
    "'use strict';": True,
    '/* licence */ // "use strict"\n"use strict";': True,
    "// 'use strict'\n": False,
    "0; 'use strict';": False,
    "": False,
}


@pytest.mark.parametrize("start", TEXTS)
@pytest.mark.parametrize(
    "address", ["URL.createObjectURL(new Blob([text]))", "`data:,${encodeURIComponent(text)}`"]
)
def test_a_worker_of_a_pages_own_text_is_as_strict_as_it_says(
    opened: Opened, start: str, address: str
) -> None:
    text = f"{start} postMessage((function () {{ return this === undefined }})())"
    page = opened("")
    told = page.evaluate(
        f"(text) => new Promise((done) => {{ new Worker({address}).onmessage = (event) => done(event.data) }})",
        text,
    )
    assert told == TEXTS[start]

"""Objects that answer differently each time they are asked: what the guard judges is what the browser gets.

A page's script may give an object where text is wanted. The browser asks it for its text (Web IDL, "DOMString"), and so
does who stands in front. One that says the site's own address first and the tracker's next must reach nothing, in any
call and by any way of having two faces, and one whose first word is held is held.
"""

import json
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.firefox import showing
from tests.support.guarded import Site, collector
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened

pytestmark = pytest.mark.browser

FACES = """({
  'text on the second call': (one, two) => { let n = 0; return { toString: () => (n++ ? two : one) }; },
  'text on the third call': (one, two) => { let n = 0; return { toString: () => (n++ > 1 ? two : one) }; },
  'held at first': (one, two) => { let n = 0; return { toString: () => (n++ ? one : two) }; },
  'a primitive': (one, two) => { let n = 0; return { [Symbol.toPrimitive]: () => (n++ ? two : one) }; },
  'an array': (one, two) => { let n = 0; return Object.assign([one], { toString: () => (n++ ? two : one) }); },
  'a function': (one, two) => { let n = 0; return Object.assign(() => 0, { toString: () => (n++ ? two : one) }); },
  'a proxy': (one, two) => {
    let n = 0;
    const say = () => (n++ ? two : one);
    return new Proxy({}, { get: (_, key) => (key == Symbol.toPrimitive || key == 'toString' ? say : undefined) });
  },
  'a URL object': (one, two) => {
    let n = 0;
    const url = new URL('/own', location.href);
    url.toString = () => (n++ ? two : one);
    return url;
  },
  'all of a document': (one, two) => {
    let n = 0;
    const inner = document.implementation.createHTMLDocument('').all;
    inner.toString = () => (n++ ? two : one);
    return inner;
  },
})"""

# Each is given `face(own, held)`, which makes such an object of two texts, and `held`, a held address.
CALLS = {
    "image": "new Image().src = face('/own', held)",
    "script": "s = document.createElement('script'); s.src = face('/own', held); document.head.append(s)",
    "frame": "s = document.createElement('iframe'); s.src = face('/own', held); document.body.append(s)",
    "srcdoc": "s = document.createElement('iframe'); s.srcdoc = face('x', `<img src=${held}>`);"
    " document.body.append(s)",
    "sheet": "s = document.createElement('link'); s.rel = 'stylesheet'; s.href = face('/own', held);"
    " document.head.append(s)",
    "srcset": "new Image().srcset = face('/own 1x', held + ' 1x')",
    "poster": "document.createElement('video').poster = face('/own', held)",
    "object": "s = document.createElement('object'); s.data = face('/own', held); document.body.append(s)",
    "attribute": "document.createElement('img').setAttribute('src', face('/own', held))",
    "name of an attribute": "document.createElement('img').setAttribute(face('alt', 'src'), held)",
    "attribute of a namespace": "document.createElement('img').setAttributeNS(null, 'src', face('/own', held))",
    "attribute node": "a = document.createAttribute('src'); a.value = held;"
    " Object.defineProperty(a, 'value', { get: () => '/own' }); document.createElement('img').setAttributeNode(a)",
    "name of an element": "i = document.createElement('img'); Object.defineProperty(i, 'localName', { value: 'a' });"
    " i.src = held; i.setAttribute('src', held)",
    "clobbered form": "d = document.implementation.createHTMLDocument('');"
    " d.body.innerHTML = `<form><input name=attributes><img src=${held}></form>`;"
    " document.body.append(d.body.firstChild)",
    "fetch": "fetch(face('/own', held)).catch(() => {})",
    "fetch of what looks like a request": "fetch({ url: '/own', toString: () => held }).catch(() => {})",
    "fetch of a request that says another address": "fetch(new (class extends Request { get url() { return '/own' } })"
    "(held)).catch(() => {})",
    "beacon": "navigator.sendBeacon(face('/own', held))",
    "XMLHttpRequest": "x = new XMLHttpRequest(); x.open('GET', face('/own', held)); x.send()",
    "socket": "new WebSocket(face('ws://' + location.host, held.replace('http', 'ws')))",
    "event stream": "new EventSource(face('/own', held)).onerror = (e) => e.target.close()",
    "audio": "new Audio(face('/own', held))",
    "peer": "new RTCPeerConnection({ iceServers: ["
    "{ urls: face('stun:own.test', held.replace('http://', 'stun:').replace('/two-faced', '')) }] })",
    "markup": "document.createElement('div').innerHTML = face('<b>', `<img src=${held}>`)",
    "adjacent markup": "document.body.insertAdjacentHTML('beforeend', face('<b>', `<img src=${held}>`))",
    "fragment": "document.createRange().createContextualFragment(face('<b>', `<img src=${held}>`))",
    "style": "document.body.style.backgroundImage = face('none', `url(${held})`)",
    "style text": "document.body.style.cssText = face('color: red', `background: url(${held})`)",
    "style property": "document.body.style.setProperty('background-image', face('none', `url(${held})`))",
    "style attribute": "document.body.setAttribute('style', face('', `background: url(${held})`))",
    "rule": "document.styleSheets[0].insertRule(face('b {}', `body { background: url(${held}) }`))",
    "replaced sheet": "s = new CSSStyleSheet(); document.adoptedStyleSheets = [s];"
    " s.replaceSync(face('b {}', `body { background: url(${held}) }`))",
    "animation": "document.body.animate({ backgroundImage: [face('none', `url(${held})`), 'none'] }, 1000)",
    "font": "document.fonts.add(new FontFace('x', face('local(x)', `url(${held})`))); document.fonts.load('1px x')",
    "text of a style": "s = document.createElement('style'); document.head.append(s);"
    " s.append(face('b {}', `body { background: url(${held}) }`))",
    "text of a style, set": "s = document.createElement('style'); document.head.append(s);"
    " s.textContent = face('b {}', `body { background: url(${held}) }`)",
    "cookie": "document.cookie = face('own=1', 'acme_x=1; path=/')",
    "stored cookie": "self.cookieStore?.set({ name: face('own', 'acme_y'), value: '1' })",
    "storage": "localStorage.setItem(face('own', 'acme:x'), '1')",
    "database": "indexedDB.open(face('own', 'acme_db'))",
}

PAGE = """<!doctype html><title>Two faces</title><style></style><body><script>
const held = 'http://tracker.test:PORT/two-faced';
const faces = FACES;
const calls = { CALLS };
async function play() {
  const failed = [];
  for (const name in calls) for (const kind in faces) {
    try { calls[name](faces[kind], held); } catch (error) { failed.push(`${name}: ${kind}: ${error}`); }
  }
  await new Promise(done => setTimeout(done, 700));
  const names = [...document.cookie.split('; '), ...Object.keys(localStorage)];
  if (indexedDB.databases) names.push(...(await indexedDB.databases()).map(({ name }) => name));
  return { failed, kept: names.filter(name => /acme/.test(name)) };
}
MORE</script>"""


def _page(port: int, more: str = "") -> str:
    calls = ",\n".join(f"{json.dumps(name)}: (face, held) => {{ {call} }}" for name, call in CALLS.items())
    page = PAGE.replace("FACES", FACES).replace("CALLS", calls).replace("MORE", more)
    return page.replace("PORT", str(port))


def _asked(tracker: Recorder) -> list[str]:
    return [request.target for request in tracker.requests if "two-faced" in request.target]


def _is_asked(page: Page, tracker: Recorder) -> bool:
    page.wait_for_timeout(20)
    return bool(_asked(tracker))


def test_no_object_of_two_faces_reaches_the_tracker(opened: Opened, site: Site, tracker: Recorder) -> None:
    page = opened(_page(tracker.port))
    found = page.evaluate("play()")
    page.wait_for_timeout(300)
    assert _asked(tracker) == []
    assert found["kept"] == []
    # What fails, fails by the page's own doing: an element of a font, a socket to an address that is none.
    assert not [line for line in found["failed"] if "holdback" in line.lower()]
    assert site.received("/own"), "the first face is asked for"


def test_without_the_guard_every_call_does_reach_it(opened: Opened, site: Site, tracker: Recorder) -> None:
    """The table would prove nothing of calls that never get there."""
    site.guarded = False
    page = opened(_page(tracker.port))
    for name, call in CALLS.items():
        if name in ("cookie", "stored cookie", "storage", "database", "peer", "poster", "socket"):
            continue
        tracker.forget()
        page = opened(_page(tracker.port))
        page.evaluate(f"((face, held) => {{ {call} }})((_, two) => two, held)")
        until(partial(_is_asked, page, tracker), name, 10)


def test_a_vouched_for_address_that_says_another(opened: Opened, tracker: Recorder) -> None:
    """Trusted Types: the browser reads what was vouched for, whatever the object's own ``toString`` has become."""
    page = opened(_page(tracker.port))
    page.evaluate(
        """() => {
          const policy = trustedTypes.createPolicy('page', { createScriptURL: (t) => t, createHTML: (t) => t });
          const url = policy.createScriptURL(held);
          const markup = policy.createHTML(`<img src=${held}>`);
          TrustedScriptURL.prototype.toString = TrustedHTML.prototype.toString = () => '/own';
          const script = document.createElement('script');
          script.src = url;
          document.head.append(script);
          document.body.insertAdjacentHTML('beforeend', markup);
        }"""
    )
    page.wait_for_timeout(500)
    assert _asked(tracker) == []


def test_firefox_does_the_same(site: Site, tmp_path: Path) -> None:
    with collector() as tracker:
        site.pages["/"] = _page(
            80, "play().then((found) => fetch('/played', { method: 'POST', body: JSON.stringify(found) }))"
        )
        with showing([site.url(host="127.0.0.1")], tmp_path / "profile", tracker.port):
            until(lambda: site.received("/played") != [], "Firefox has played it all", 60)
    assert _asked(tracker) == []
    assert json.loads(site.received("/played")[0])["kept"] == []

"""Ways to a tracker that take more than a plain call: fresh realms, text that becomes nodes or style, odd interfaces.

In each script HELD is a held address of the route's own, FRAME a function that puts an empty frame into the page,
LEAVING one that puts a frame there which is about to show another origin's document, and BOX one that puts an element
of that name there. Scripts lie in a file of the site's own; all of them run on one page.
"""

NODES = {
    "fetch of another realm's Request": "f = FRAME(); new f.contentWindow.Request(HELD); fetch(new Request(HELD))",
    "constructor of an instance": "new (WebSocket.prototype.constructor)(HELD.replace('http', 'ws'))",
    "constructor of a request": "x = new (XMLHttpRequest.prototype.constructor)(); x.open('GET', HELD); x.send()",
    "setNamedItem": "i = document.createElement('img'); a = document.createAttribute('src'); a.value = HELD;"
    " i.attributes.setNamedItem(a)",
    "Attr.nodeValue": "i = new Image(); i.src = '/own.gif'; i.attributes[0].nodeValue = HELD",
    "Attr.textContent": "i = new Image(); i.src = '/own.gif'; i.attributes[0].textContent = HELD",
    "quotes in an unquoted value": "document.createElement('div').innerHTML = `<img alt=a\"b src=${HELD}>`",
    "an equals sign before a name": "document.createElement('div').innerHTML = `<img ='x src=${HELD} y>`",
    "slashes between attributes": "document.createElement('div').innerHTML = `<img/alt/src=${HELD}>`",
    "setHTMLUnsafe": "d = document.createElement('div'); document.body.append(d);"
    " d.setHTMLUnsafe(`<img src=${HELD}>`)",
    "setHTML": "d = document.createElement('div'); document.body.append(d); d.setHTML(`<img src=${HELD}>`)",
    "parseHTMLUnsafe": "document.body.append(Document.parseHTMLUnsafe(`<img src=${HELD}>`).body.firstChild)",
    "declarative shadow root": "d = document.createElement('div'); document.body.append(d);"
    " d.setHTMLUnsafe(`<p><template shadowrootmode=open><img src=${HELD}></template></p>`)",
    "a template within a foreign document": "d = new DOMParser().parseFromString("
    "`<div><template><img src=${HELD}></template></div>`, 'text/html'); n = document.adoptNode(d.body.firstChild);"
    " document.body.append(n.firstChild.content)",
    "XSLT": "x = new XSLTProcessor();"
    " x.importStylesheet(new DOMParser().parseFromString(`<xsl:stylesheet version='1.0'"
    " xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:output method='html'/><xsl:template match='/'>"
    "<img src='${HELD}'/></xsl:template></xsl:stylesheet>`, 'text/xml'));"
    " document.body.append(x.transformToFragment(new DOMParser().parseFromString('<a/>', 'text/xml'), document))",
    "insertHTML": "d = document.createElement('div'); d.contentEditable = true; document.body.append(d); d.focus();"
    " document.execCommand('insertHTML', false, `<img src=${HELD}>`)",
    "insertImage": "d = document.createElement('div'); d.contentEditable = true; document.body.append(d); d.focus();"
    " document.execCommand('insertImage', false, HELD)",
    "SMIL": "d = document.createElement('div'); document.body.append(d); d.innerHTML ="
    " `<svg><image width=9 height=9><set attributeName='href' to='${HELD}'/></image></svg>`",
    "SVG use": "d = document.createElement('div'); document.body.append(d); u = document.createElementNS("
    "'http://www.w3.org/2000/svg', 'image'); u.setAttributeNS(null, 'href', HELD);"
    " v = document.createElementNS('http://www.w3.org/2000/svg', 'svg'); v.append(u); d.append(v)",
    "a click on ping": "a = document.createElement('a'); a.href = '#x'; a.ping = HELD;"
    " document.body.append(a); a.click()",
    "a form sent by script": "f = document.createElement('form'); f.action = HELD; f.target = FRAME().name = 'sent';"
    " document.body.append(f); f.submit()",
    "requestSubmit": "f = document.createElement('form'); f.action = '/own'; f.target = FRAME().name = 'sent2';"
    " b = document.createElement('button'); b.setAttribute('formaction', HELD); f.append(b);"
    " document.body.append(f); f.requestSubmit(b)",
    "a click on a submit button": "f = document.createElement('form'); f.action = HELD;"
    " f.target = FRAME().name = 'sent3';"
    " b = document.createElement('button'); f.append(b); document.body.append(f); b.click()",
    "speculation rules": "s = document.createElement('script'); s.type = 'speculationrules';"
    " s.textContent = JSON.stringify({prefetch: [{urls: [HELD], requires: []}]}); document.head.append(s)",
    "string timer": "setTimeout(`fetch('${HELD}')`)",
    "eval": "(0, eval)(`fetch('${HELD}')`)",
    "Function": "new Function(`fetch('${HELD}')`)()",
    "Reflect.apply": "Reflect.apply(navigator.sendBeacon, navigator, [HELD, 'x'])",
    "moveBefore": "d = new DOMParser().parseFromString(`<img src='${HELD}'>`, 'text/html');"
    " document.body.moveBefore(document.adoptNode(d.body.firstChild), null)",
    "prefetch": "l = document.createElement('link'); l.rel = 'prefetch'; l.href = HELD; document.head.append(l)",
    "manifest": "l = document.createElement('link'); l.rel = 'manifest'; l.href = HELD; document.head.append(l)",
    "icon": "l = document.createElement('link'); l.rel = 'icon'; l.href = HELD; document.head.append(l)",
    "imagesrcset": "l = document.createElement('link'); l.rel = 'preload'; l.as = 'image'; l.imageSrcset = HELD;"
    " document.head.append(l)",
    "modulepreload": "l = document.createElement('link'); l.rel = 'modulepreload'; l.href = HELD + '.js';"
    " document.head.append(l)",
    "track": "v = document.createElement('video'); v.crossOrigin = '';"
    " t = document.createElement('track'); t.kind = 'captions';"
    " t.default = true; t.src = HELD; v.append(t); document.body.append(v); t.track.mode = 'showing'",
    "table background": "t = document.createElement('table'); t.setAttribute('background', HELD);"
    " t.innerHTML = '<td>x'; document.body.append(t)",
    "write in two calls": "f = FRAME(); d = f.contentDocument; d.open(); d.write('<img sr'); d.write(`c='${HELD}'>`);"
    " d.close()",
    "cache": "caches.open('own').then(cache => cache.add(HELD)).catch(() => 0)",
}
STYLE = {
    "style.backgroundImage": "document.body.style.backgroundImage = `url(${HELD})`",
    "style by name": "document.body.style.border = '1px solid';"
    " document.body.style['border-image'] = `url(${HELD}) 1`",
    "a declaration that was kept": "s = document.body.style; s.listStyleImage = `url(${HELD})`;"
    " document.body.style.display = 'list-item'",
    "style =": "d = document.createElement('div'); d.textContent = 'x'; d.style = `background: url(${HELD})`;"
    " document.body.append(d)",
    "a custom property": "d = BOX('div');"
    " d.style.setProperty('--u', `url(${HELD})`); d.style.background = 'var(--u)'",
    "an escaped letter": "d = BOX('div'); d.setAttribute('style', `background: u\\\\72 l(${HELD})`)",
    "attributeStyleMap": "d = BOX('div'); d.attributeStyleMap.set('background-image', `url(${HELD})`)",
    "style text": "s = document.createElement('style'); s.textContent = `@import '${HELD}.css'`;"
    " document.head.append(s)",
    "style by append": "s = document.createElement('style'); s.append(`@import '${HELD}.css'`);"
    " document.head.append(s)",
    "style by a text node": "s = document.createElement('style');"
    " s.appendChild(document.createTextNode(`@import '${HELD}.css'`)); document.head.append(s)",
    "style by two text nodes": "s = document.createElement('style'); document.head.append(s);"
    " s.append('@imp'); s.append(`ort '${HELD}.css'`)",
    "style by data": "s = document.createElement('style'); s.append(' '); document.head.append(s);"
    " s.firstChild.data = `@import '${HELD}.css'`",
    "style by appendData": "s = document.createElement('style'); s.append(' '); document.head.append(s);"
    " s.firstChild.appendData(`@import '${HELD}.css'`)",
    "style by innerHTML": "s = document.createElement('style'); s.innerHTML = `@import '${HELD}.css'`;"
    " document.head.append(s)",
    "style in markup": "document.body.insertAdjacentHTML('beforeend', `<style>@import '${HELD}.css'</style>`)",
    "a rule in a rule": "s = document.createElement('style'); s.textContent = '@media all {}';"
    " document.head.append(s);"
    " BOX('x-a'); s.sheet.cssRules[0].insertRule(`x-a { background: url(${HELD}) }`)",
    "a rule's style": "s = document.createElement('style'); s.textContent = 'x-b {}'; document.head.append(s);"
    " BOX('x-b'); s.sheet.cssRules[0].style.backgroundImage = `url(${HELD})`",
    "addRule": "s = document.createElement('style'); document.head.append(s);"
    " BOX('x-c'); s.sheet.addRule('x-c', `background: url(${HELD})`)",
    "adopted sheet": "s = new CSSStyleSheet(); s.replaceSync(`x-d { background: url(${HELD}) }`);"
    " document.adoptedStyleSheets = [s]; BOX('x-d')",
    "animate": "d = BOX('div'); d.animate({backgroundImage: [`url(${HELD})`, `url(${HELD})`]}, 9999)",
    "KeyframeEffect": "d = BOX('div');"
    " new Animation(new KeyframeEffect(d, [{backgroundImage: `url(${HELD})`}, {backgroundImage: `url(${HELD})`}],"
    " 9999)).play()",
    "image-set": "d = BOX('div'); d.style.cssText = `background: image-set('${HELD}' 1x)`",
}
REALMS = {
    "a data document": "f = document.createElement('iframe');"
    " f.src = `data:text/html,<script>fetch('${HELD}')<\\/script>`;"
    " document.body.append(f)",
    "a data document's image": "f = document.createElement('iframe'); f.src = `data:text/html,<img src='${HELD}'>`;"
    " document.body.append(f)",
    "a blob document": "f = document.createElement('iframe'); f.src = URL.createObjectURL(new Blob("
    "[`<script>fetch('${HELD}')<\\/script>`], {type: 'text/html'})); document.body.append(f)",
    "a blob document's image": "f = document.createElement('iframe'); f.src = URL.createObjectURL(new Blob("
    "[`<img src='${HELD}'>`], {type: 'text/html'})); document.body.append(f)",
    "an object's document": "f = document.createElement('object'); f.data = URL.createObjectURL(new Blob("
    "[`<script>fetch('${HELD}')<\\/script>`], {type: 'text/html'})); document.body.append(f)",
    "a javascript: address": "f = document.createElement('iframe'); f.src = `javascript:fetch('${HELD}')`;"
    " document.body.append(f)",
    "a javascript: document": "f = document.createElement('iframe');"
    " f.src = `javascript:\"<script>fetch('${HELD}')<\\/script>\"`; document.body.append(f)",
    "srcdoc by attribute": "f = document.createElement('iframe'); f.setAttribute('srcdoc', `<img src='${HELD}'>`);"
    " document.body.append(f)",
    "a frame of a frame": "f = FRAME(); g = f.contentDocument.createElement('iframe');"
    " f.contentDocument.body.append(g);"
    " g.contentWindow.fetch(HELD)",
    "a frame written to": "f = FRAME(); f.contentDocument.write(`<script>fetch('${HELD}')<\\/script>`);"
    " f.contentDocument.close()",
    "a frame in markup": "window.inMarkup.fetch(HELD)",
    "a frame that is about to go, by its element": "LEAVING().contentWindow.navigator.sendBeacon(HELD)",
    "a frame that is about to go, by frames": "LEAVING(); frames[frames.length - 1].navigator.sendBeacon(HELD)",
    "a frame that is about to go, by length": "LEAVING(); self[self.length - 1].navigator.sendBeacon(HELD)",
    "a frame that is about to go, by open": "LEAVING().name = 'going'; open('', 'going').navigator.sendBeacon(HELD)",
    "a frame with a document of its own": "f = document.createElement('iframe'); f.src = '//elsewhere.test/';"
    " f.srcdoc = 'x'; f.name = 'withIts'; document.body.append(f); self.withIts.navigator.sendBeacon(HELD)",
    "a frame in a fragment": "f = document.createDocumentFragment(); f.append(document.createElement('iframe'));"
    " f.firstChild.name = 'inFragment'; document.body.append(f); self.inFragment.navigator.sendBeacon(HELD)",
    "a frame in written markup": "d = BOX('div'); d.innerHTML = '<p><iframe name=written></iframe>';"
    " self.written.navigator.sendBeacon(HELD)",
    "a frame beside markup": "d = BOX('div'); d.outerHTML = '<iframe name=beside></iframe>';"
    " self.beside.navigator.sendBeacon(HELD)",
    "a frame within what is put in": "d = document.createElement('div'); d.append(document.createElement('iframe'));"
    " d.firstChild.name = 'within'; document.body.append(d); self.within.navigator.sendBeacon(HELD)",
    "a frame within what is moved": "d = BOX('div'); d.append(document.createElement('iframe'));"
    " d.lastChild.name = 'carried'; document.body.append(d); self.carried.navigator.sendBeacon(HELD)",
    "a frame put in": "f = document.createElement('iframe'); f.name = 'alone'; document.body.append(f);"
    " self.alone.navigator.sendBeacon(HELD)",
    "a frame shown anew": "f = document.createElement('iframe'); document.body.append(f);"
    " f.src = 'about:blank?again';"
    " f.addEventListener('load', () => frames[[...document.querySelectorAll('iframe')].indexOf(f)].fetch(HELD))",
    "a blob worker in a worker": "new Worker(URL.createObjectURL(new Blob([`new Worker(URL.createObjectURL("
    "new Blob([\"fetch('${HELD}')\"])))`])))",
    "a data worker": "new Worker(`data:text/javascript,fetch('${HELD}')`)",
    "a shared worker of a blob": "new SharedWorker(URL.createObjectURL(new Blob([`fetch('${HELD}')`])))",
    "a worklet": "new AudioContext().audioWorklet.addModule(HELD + '.js').catch(() => 0)",
    "a module worker's import": "new Worker(URL.createObjectURL(new Blob([`fetch('${HELD}')`],"
    " {type: 'text/javascript'})), {type: 'module'})",
}
LAST = {
    "base": "b = document.createElement('base'); b.href = HELD + '/'; document.head.append(b);"
    " i = new Image(); i.src = 'below-base'; Promise.resolve().then(() => b.remove())",
}
"""What would lead the others astray."""
FRESH = {**NODES, **STYLE, **REALMS, **LAST}

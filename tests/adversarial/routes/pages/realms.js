// Fresh realms: frames, windows and workers have untouched copies of everything.

const last = () => self[self.length - 1];

sends('frame-fetch', (at) => frame().contentWindow.fetch(at()));
sends('frame-image', (at) => { new (frame().contentWindow.Image)().src = at('.gif'); });
sends('frame-default-view', (at) => { new (frame().contentDocument.defaultView.XMLHttpRequest)().constructor; return frame().contentDocument.defaultView.fetch(at()); });
sends('frame-by-number', (at) => { frame(); return last().fetch(at()); });
sends('frame-by-frames', (at) => { frame(); return frames[frames.length - 1].fetch(at()); });
sends('frame-by-name', (at) => {
  const made = document.createElement('iframe');
  made.name = 'byName';
  document.body.append(made);
  return self.byName.fetch(at());
});
sends('frame-by-getter', (at) => {
  const made = frame();
  const { get } = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentWindow');
  return get.call(made).fetch(at());
});
sends('frame-by-reflect', (at) => Reflect.get(frame(), 'contentWindow').fetch(at()));
sends('frame-native-call', (at) => Function.prototype.call.call(frame().contentWindow.fetch, self, at()));
sends('frame-setter', (at) => {
  const { prototype } = frame().contentWindow.HTMLImageElement;
  Object.getOwnPropertyDescriptor(prototype, 'src').set.call(new Image(), at('.gif'));
});
sends('frame-set-attribute', (at) => frame().contentWindow.Element.prototype.setAttribute.call(new Image(), 'src', at('.gif')));
sends('frame-inner-html-setter', (at) => {
  const { prototype } = frame().contentWindow.Element;
  Object.getOwnPropertyDescriptor(prototype, 'innerHTML').set.call(put('div'), `<img src="${at('.gif')}">`);
});
sends('frame-beacon', (at) => { frame().contentWindow.navigator.sendBeacon(at()); });
sends('frame-web-socket', (at) => { new (frame().contentWindow.WebSocket)(at().replace('http', 'ws')); });
sends('frame-event-source', (at) => { new (frame().contentWindow.EventSource)(at()); });
sends('frame-worker', (at) => { new (frame().contentWindow.Worker)(blob(`fetch(${quoted(at())})`)); });
sends('frame-eval', (at) => frame().contentWindow.eval(`fetch(${quoted(at())})`));
sends('frame-function', (at) => frame().contentWindow.Function(`return import(${quoted(at('.js'))})`)());
sends('frame-string-timeout', (at) => { frame().contentWindow.setTimeout(`fetch(${quoted(at())})`); });
sends('frame-in-frame', (at) => {
  const inner = frame().contentDocument;
  const nested = inner.createElement('iframe');
  inner.body.append(nested);
  return nested.contentWindow.fetch(at());
});
sends('frame-in-frame-by-number', (at) => {
  const outer = frame().contentWindow;
  outer.document.body.append(outer.document.createElement('iframe'));
  return outer[0].fetch(at());
});
sends('frame-by-inner-html', (at) => { put('div').innerHTML = '<iframe></iframe>'; return last().fetch(at()); });
sends('frame-by-adjacent-html', (at) => { document.body.insertAdjacentHTML('beforeend', '<iframe></iframe>'); return last().fetch(at()); });
sends('frame-by-write', (at) => { document.write('<iframe></iframe>'); return last().fetch(at()); });
sends('frame-by-exec-command', (at) => {
  const editor = put('div', { contentEditable: 'true', textContent: 'x' });
  getSelection().selectAllChildren(editor);
  document.execCommand('insertHTML', false, '<iframe></iframe>');
  return editor.querySelector('iframe') && last().fetch(at());
});
sends('frame-by-range', (at) => {
  const range = document.createRange();
  range.selectNodeContents(put('div'));
  range.insertNode(document.createElement('iframe'));
  return last().fetch(at());
});
sends('frame-by-caption', (at) => {
  const caption = document.createElement('caption');
  caption.append(document.createElement('iframe'));
  put('table').caption = caption;
  return last().fetch(at());
});
sends('frame-by-custom-element', (at, name) => {
  customElements.define(`x-${name}`, class extends HTMLElement {
    constructor() {
      super();
      this.attachShadow({ mode: 'closed' }).append(document.createElement('iframe'));
    }

    connectedCallback() { last().fetch(at()).catch(() => {}); }
  });
  put(`x-${name}`);
});
sends('frame-in-shadow', (at) => {
  const made = document.createElement('iframe');
  put('div').attachShadow({ mode: 'closed' }).append(made);
  return made.contentWindow.fetch(at());
});
sends('frame-reloaded', async (at) => {
  const made = frame();
  const inner = made.contentWindow;
  made.src = '/own.html';
  await loaded(made);
  made.src = 'about:blank';
  await loaded(made);
  await inner.fetch(at());
});
sends('frame-reloaded-getter', async (at) => {
  const made = frame();
  made.src = `javascript:'<p>'`;
  await later(50);
  await made.contentWindow.fetch(at());
});
sends('frame-load-event', async (at) => {
  const made = document.createElement('iframe');
  made.addEventListener('load', ({ target }) => target.contentWindow.fetch(at()).catch(() => {}));
  document.body.append(made);
});
sends('frame-svg-document', async (at) => {
  const made = put('iframe', { src: '/own.svg' });
  await loaded(made);
  await made.contentWindow.fetch(at());
});
sends('frame-text-document', async (at) => {
  const made = put('iframe', { src: '/own.txt' });
  await loaded(made);
  const inner = self[[...document.querySelectorAll('iframe,object,embed')].indexOf(made)] ?? made.contentWindow;
  await made.contentDocument.defaultView.fetch(at());
  void inner;
});
sends('frame-error-document', async (at) => {
  const made = put('iframe', { src: '/missing.png' });
  await loaded(made);
  await made.contentWindow.fetch(at());
});
sends('frame-blob-document', (at) => put('iframe', { src: blob(`<img src="${at('.gif')}">`, 'text/html') }));
sends('frame-blob-script', (at) => put('iframe', { src: blob(`<script>fetch(${quoted(at())})</script>`, 'text/html') }));
sends('frame-blob-set-attribute', (at) => put('iframe').setAttribute('src', blob(`<script>fetch(${quoted(at())})</script>`, 'text/html')));
sends('frame-blob-svg', (at) =>
  put('iframe', { src: blob(`<svg xmlns="${svgNS}"><image href="${at('.gif')}"/></svg>`, 'image/svg+xml') }));
sends('frame-blob-by-number', async (at) => {
  const made = put('iframe', { src: blob('<p>', 'text/html') });
  const inner = last();
  await loaded(made);
  await inner.fetch(at());
});
sends('frame-data-document', (at) => put('iframe', { src: `data:text/html,<img src="${at('.gif')}">` }));
sends('frame-data-script', (at) =>
  put('iframe', { src: `data:text/html,${encodeURIComponent(`<script>fetch(${quoted(at())})</script>`)}` }));
sends('frame-data-base64', (at) => put('iframe', { src: `data:text/html;base64,${btoa(`<img src="${at('.gif')}">`)}` }));
sends('frame-location-blob', (at) => { frame().contentWindow.location = blob(`<script>fetch(${quoted(at())})</script>`, 'text/html'); });
sends('frame-location-javascript', (at) => { frame().contentWindow.location = `javascript:void import(${quoted(at('.js'))})`; });
sends('window-open-name-blob', (at) => {
  frame().name = 'blobbed';
  open(blob(`<script>fetch(${quoted(at())})</script>`, 'text/html'), 'blobbed');
});
sends('object-data-document', (at) => put('object', { type: 'text/html', data: `data:text/html,<img src="${at('.gif')}">` }));
sends('object-blob-script', (at) => put('object', { type: 'text/html', data: blob(`<script>fetch(${quoted(at())})</script>`, 'text/html') }));
sends('embed-blob-script', (at) => put('embed', { type: 'text/html', src: blob(`<script>fetch(${quoted(at())})</script>`, 'text/html') }));
sends('object-window', async (at) => {
  const made = put('object', { type: 'text/html', data: '/own.html' });
  await loaded(made);
  await made.contentWindow.fetch(at());
});
sends('object-about-blank', async (at) => {
  const made = put('object', { type: 'text/html', data: 'about:blank' });
  await later(50);
  await made.contentWindow.fetch(at());
});
sends('embed-about-blank', async (at) => {
  const before = self.length;
  put('embed', { type: 'text/html', src: 'about:blank' });
  await later(50);
  await self[before].fetch(at());
});
sends('window-open-blank', (at) => open('about:blank').fetch(at()));
sends('window-open-empty', (at) => { const made = open(''); new made.Image().src = at('.gif'); });
sends('window-open-write', (at) => open('').document.write(`<img src="${at('.gif')}">`));
sends('window-open-frame-name', (at) => { frame().name = 'opened'; return open('', 'opened').fetch(at()); });
sends('window-open-blob', (at) => { open(blob(`<script>fetch(${quoted(at())})</script>`, 'text/html')); });
sends('message-source', async (at) => {
  const made = put('iframe', { srcdoc: '<script>parent.postMessage("source", "*")</script>' });
  const { source } = await new Promise((done) => addEventListener('message', (event) => event.data == 'source' && done(event)));
  await source.fetch(at());
  void made;
});
sends('parent-of-frame', (at) => frame().contentWindow.eval(`parent.fetch(${quoted(at())})`));

const fetching = (at) => `fetch(${quoted(at())}, {mode: 'no-cors'})`;
const nested = (at) =>
  `new Worker(URL.createObjectURL(new Blob([${quoted(fetching(at))}])))`;
sends('worker-blob', (at) => { new Worker(blob(fetching(at))); });
sends('worker-blob-module', (at) => { new Worker(blob(fetching(at)), { type: 'module' }); });
sends('worker-blob-module-import', (at) => { new Worker(blob(`import ${quoted(at('.js'))}`), { type: 'module' }); });
sends('worker-blob-dynamic-import', (at) => { new Worker(blob(`import(${quoted(at('.js'))})`)); });
sends('worker-blob-import-scripts', (at) => { new Worker(blob(`importScripts(${quoted(at('.js'))})`)); });
sends('worker-blob-xhr', (at) => { new Worker(blob(`x = new XMLHttpRequest; x.open('GET', ${quoted(at())}); x.send()`)); });
sends('worker-blob-web-socket', (at) => { new Worker(blob(`new WebSocket(${quoted(at().replace('http', 'ws'))})`)); });
sends('worker-blob-event-source', (at) => { new Worker(blob(`new EventSource(${quoted(at())})`)); });
sends('worker-blob-nested', (at) => { new Worker(blob(nested(at))); });
sends('worker-data', (at) => { new Worker(`data:text/javascript,${encodeURIComponent(fetching(at))}`); });
sends('worker-data-module', (at) => { new Worker(`data:text/javascript,${encodeURIComponent(fetching(at))}`, { type: 'module' }); });
sends('worker-own-file', (_, name) => { new Worker(`/worker/${name}.js`); });
sends('worker-own-file-module', (_, name) => { new Worker(`/worker/${name}.js`, { type: 'module' }); });
sends('worker-own-file-import-scripts', (_, name) => { new Worker(`/importing/${name}.js`); });
sends('worker-own-module-import', (_, name) => { new Worker(`/module/${name}.js`, { type: 'module' }); });
sends('worker-own-nested', (_, name) => { new Worker(`/nesting/${name}.js`); });
sends('worker-held', (at) => { new Worker(at('.js')); });
sends('worker-message', (at) => { new Worker('/messages.js').postMessage(at()); });
sends('shared-worker-blob', (at) => { new SharedWorker(blob(fetching(at))); });
sends('shared-worker-blob-module', (at) => { new SharedWorker(blob(fetching(at)), { type: 'module' }); });
sends('shared-worker-data', (at) => { new SharedWorker(`data:text/javascript,${encodeURIComponent(fetching(at))}`); });
sends('shared-worker-own-file', (_, name) => { new SharedWorker(`/worker/${name}.js`); });
sends('shared-worker-own-module', (_, name) => { new SharedWorker(`/worker/${name}.js`, { type: 'module' }); });
sends('service-worker-own-file', (_, name) => navigator.serviceWorker.register(`/worker/${name}.js`, { scope: `/scope/${name}/` }));
sends('service-worker-own-import', (_, name) => navigator.serviceWorker.register(`/importing/${name}.js`, { scope: `/scope/${name}/` }));
sends('service-worker-held', (at) => navigator.serviceWorker.register(at('.js')));

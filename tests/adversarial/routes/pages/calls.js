// Calls that scripts make: requests, sockets, workers, navigations, and code that is text.

sends('fetch', (at) => fetch(at()));
sends('fetch-url', (at) => fetch(new URL(at())));
sends('fetch-request', (at) => fetch(new Request(at(), { method: 'POST', body: 'x' })));
sends('fetch-keepalive', (at) => fetch(at(), { method: 'POST', body: 'x', keepalive: true, mode: 'no-cors' }));
sends('fetch-object-address', (at) => fetch({ toString: () => at() }));
sends('fetch-two-faced-address', (at) => {
  let asked = 0;
  return fetch({ toString: () => (asked++ ? at() : '/own.json') });
});
sends('fetch-request-of-frame', (at) => fetch(new (frame().contentWindow.Request)(at())));
sends('fetch-reflect-apply', (at) => Reflect.apply(fetch, self, [at()]));
sends('fetch-bound', (at) => Function.prototype.call.call(Function.prototype.bind.call(fetch, self), null, at()));
sends('fetch-through-prototype', (at) => Window.prototype.__proto__.fetch?.(at()) ?? globalThis.fetch.call(self, at()));
sends('fetch-later', (at) => fetchLater(at(), { activateAfter: 0 }));
sends('fetch-of-stringified-function', (at) => {
  const text = Function.prototype.toString.call((address) => fetch(address));
  return eval(text)(at());
});
sends('xhr', (at) => { const xhr = new XMLHttpRequest(); xhr.open('GET', at()); xhr.send(); });
sends('xhr-synchronous', (at) => { const xhr = new XMLHttpRequest(); xhr.open('POST', at(), false); xhr.send('x'); });
sends('xhr-call', (at) => {
  const xhr = new XMLHttpRequest();
  XMLHttpRequest.prototype.open.call(xhr, 'GET', at());
  XMLHttpRequest.prototype.send.call(xhr);
});
sends('xhr-object-address', (at) => {
  let asked = 0;
  const xhr = new XMLHttpRequest();
  xhr.open('GET', { toString: () => (asked++ ? at() : '/own.json') });
  xhr.send();
});
sends('beacon', (at) => { navigator.sendBeacon(at(), 'x'); });
sends('beacon-call', (at) => { navigator.sendBeacon.call(navigator, at()); });
sends('beacon-prototype', (at) => { Navigator.prototype.sendBeacon.apply(navigator, [at(), new FormData()]); });
sends('beacon-of-frame', (at) => { frame().contentWindow.Navigator.prototype.sendBeacon.call(navigator, at()); });
sends('event-source', (at) => { new EventSource(at()); });
sends('web-socket', (at) => { new WebSocket(at().replace('http', 'ws')); });
sends('web-socket-http', (at) => { new WebSocket(at()); });
sends('web-socket-subclass', (at) => { new (class extends WebSocket {})(at().replace('http', 'ws')); });
sends('web-socket-stream', (at) => { new WebSocketStream(at().replace('http', 'ws')); });
connects('web-transport', (port) => { new WebTransport(`https://${tracker}:${port}/`); });
const call = async (peer) => {
  peer.createDataChannel('x');
  await peer.setLocalDescription(await peer.createOffer());
};
connects('rtc-stun', (port) => call(new RTCPeerConnection({ iceServers: [{ urls: `stun:${tracker}:${port}` }] })));
connects('rtc-turn-tcp', (port) =>
  call(new RTCPeerConnection({
    iceServers: [{ urls: [`turn:${tracker}:${port}?transport=tcp`], username: 'x', credential: 'x' }],
  })));
connects('rtc-set-configuration', (port) => {
  const peer = new RTCPeerConnection();
  peer.setConfiguration({ iceServers: [{ urls: `stun:${tracker}:${port}` }] });
  return call(peer);
});
connects('rtc-of-frame', (port) =>
  call(new (frame().contentWindow.RTCPeerConnection)({ iceServers: [{ urls: `stun:${tracker}:${port}` }] })));
connects('rtc-prefixed', (port) =>
  call(new webkitRTCPeerConnection({ iceServers: [{ urls: `stun:${tracker}:${port}` }] })));

sends('eval', (at) => eval(`fetch(${quoted(at())})`));
sends('eval-import', (at) => (0, eval)(`import(${quoted(at('.js'))})`));
sends('function-constructor', (at) => new Function('a', 'return fetch(a)')(at()));
sends('function-constructor-import', (at) => new Function('a', 'return import(a)')(at('.js')));
sends('async-function-constructor', (at) => (async () => {}).constructor('a', 'await import(a)')(at('.js')));
sends('string-timeout', (at) => { setTimeout(`fetch(${quoted(at())})`); });
sends('string-timeout-import', (at) => { setTimeout(`import(${quoted(at('.js'))})`); });
sends('string-interval', (at) => { const id = setInterval(`import(${quoted(at('.js'))}); clearInterval(self.made)`); self.made = id; });
sends('import', (at) => import(at('.js')));
sends('import-blob', (at) => import(blob(`import ${quoted(at('.js'))}`)));
sends('import-data', (at) => import(`data:text/javascript,import ${encodeURIComponent(quoted(at('.js')))}`));
sends('import-own-file', (_, name) => import(`/module/${name}.js`));
sends('import-json', (at) => import(at('.json'), { with: { type: 'json' } }));
sends('handler-attribute', (at) => { put('img', { src: 'x:' }).setAttribute('onerror', `import(${quoted(at('.js'))})`); });
sends('javascript-link', (at) => clicked('a', { href: `javascript:void import(${quoted(at('.js'))})` }));
sends('javascript-frame', (at) => put('iframe', { src: `javascript:parent.fetch(${quoted(at())})` }));
sends('javascript-frame-own-realm', (at) => put('iframe', { src: `javascript:fetch(${quoted(at())})` }));
sends('javascript-frame-result', (at) => put('iframe', { src: `javascript:'<img src=${at('.gif')}>'` }));

/** The name of a frame of its own, where a navigation disturbs nobody. */
const target = () => {
  const made = document.createElement('iframe');
  made.name = `f${Math.random()}`;
  document.body.append(made);
  return made.name;
};
const form = (fields) => put('form', { method: 'post', ...fields });
sends('form-submit', (at) => form({ action: at('.html'), target: target() }).submit());
sends('form-submit-blank', (at) => form({ action: at('.html'), target: '_blank' }).submit());
sends('form-submit-get', (at) => form({ method: 'get', action: at('.html'), target: target() }).submit());
sends('form-submit-prototype', (at) => HTMLFormElement.prototype.submit.call(form({ action: at('.html'), target: target() })));
sends('form-request-submit', (at) => form({ action: at('.html'), target: target() }).requestSubmit());
sends('form-attribute-action', (at) => {
  const made = form({ target: target() });
  made.setAttribute('action', at('.html'));
  made.submit();
});
sends('form-button-click', (at) => {
  const made = form({ target: target() });
  const button = document.createElement('button');
  button.formAction = at('.html');
  made.append(button);
  button.click();
});
sends('form-request-submit-button', (at) => {
  const made = form({ target: target() });
  const button = document.createElement('input');
  button.type = 'submit';
  button.setAttribute('formaction', at('.html'));
  made.append(button);
  made.requestSubmit(button);
});
sends('form-dispatched-submit', (at) => {
  const made = form({ action: at('.html'), target: target() });
  made.append(document.createElement('button'));
  made.firstChild.dispatchEvent(new MouseEvent('click', { bubbles: true }));
});
sends('link-click', (at) => clicked('a', { href: at('.html'), target: target() }));
sends('link-dispatched-click', (at) =>
  put('a', { href: at('.html'), target: target() }).dispatchEvent(new MouseEvent('click', { bubbles: true })));
sends('link-click-blank', (at) => clicked('a', { href: at('.html'), target: '_blank' }));
sends('link-detached-click', (at) => {
  const made = document.createElement('a');
  made.href = at('.html');
  made.target = target();
  made.click();
});
sends('area-click', (at) => clicked('area', { href: at('.html'), target: target() }));
sends('ping', (at) => clicked('a', { href: '/own.html', ping: at(), target: target() }));
sends('ping-attribute', (at) => {
  const made = put('a', { href: '/own.html', target: target() });
  made.setAttribute('ping', at());
  made.click();
});
sends('window-open', (at) => { open(at('.html')); });
sends('window-open-frame', (at) => { open(at('.html'), target()); });
sends('window-open-then-location', (at) => { open('about:blank').location = at('.html'); });
sends('frame-location', (at) => { frame().contentWindow.location = at('.html'); });
sends('frame-location-replace', (at) => { frame().contentWindow.location.replace(at('.html')); });
sends('frames-location', (at) => { frame(); frames[frames.length - 1].location.href = at('.html'); });
sends('frame-navigation', (at) => { frame().contentWindow.navigation.navigate(at('.html')); });
alone.sends('location-href', (at) => { location.href = at('.html'); });
alone.sends('location-assign', (at) => { location.assign(at('.html')); });
alone.sends('location-replace', (at) => { location.replace(at('.html')); });
alone.sends('location-put-forwards', (at) => { document.location = at('.html'); });
alone.sends('location-javascript', (at) => { location = `javascript:void import(${quoted(at('.js'))})`; });
alone.sends('navigation-navigate', (at) => { navigation.navigate(at('.html')); });
alone.sends('link-click-self', (at) => clicked('a', { href: at('.html') }));
alone.sends('form-submit-self', (at) => form({ action: at('.html') }).submit());
alone.sends('meta-refresh-made', (at) => {
  const made = document.createElement('meta');
  made.httpEquiv = 'refresh';
  made.content = `0;url=${at('.html')}`;
  document.head.append(made);
});
alone.sends('meta-refresh-set', (at) => {
  const made = document.createElement('meta');
  made.content = `0;url=${at('.html')}`;
  document.head.append(made);
  made.setAttribute('http-equiv', 'refresh');
});
alone.sends('beacon-on-leaving', (at) => {
  addEventListener('pagehide', () => navigator.sendBeacon(at(), 'x'));
  location = '/own.html';
});
alone.sends('image-on-leaving', (at) => {
  addEventListener('pagehide', () => { new Image().src = at('.gif'); });
  location = '/own.html';
});
alone.sends('fetch-later-on-leaving', (at) => {
  fetchLater(at());
  location = '/own.html';
});

posts('own-path-fetch', (path) => fetch(path));
posts('own-path-beacon', (path) => { navigator.sendBeacon(path, 'x'); });
posts('own-path-written-otherwise', (path) => fetch(`/x/..//${path.replace('collect', '%63ollect').slice(1)}`));
posts('own-path-image', (path) => { new Image().src = `${path}.gif`; });
posts('own-path-worker', (path) => { new Worker(blob(`fetch(${quoted(new URL(path, location).href)})`)); });

// Pages that freeze, proxy or redefine what the guard stands in front of, or what it is made of. Each is alone.

const freezing = (what, way) => (at) => {
  for (const one of what()) Object.freeze(one);
  return way(at);
};
const pixel = (at) => { new Image().src = at('.gif'); };
const asked = (at) => fetch(at());

alone.sends('frozen-element', freezing(() => [Element.prototype, Node.prototype, HTMLImageElement.prototype], pixel));
alone.sends('frozen-window', freezing(() => [Window.prototype, self.fetch], asked));
alone.sends('frozen-intrinsics', freezing(() => [Object.prototype, Function.prototype, Array.prototype, Promise.prototype], asked));
alone.sends('frozen-frame', freezing(() => [HTMLIFrameElement.prototype], (at) => frame().contentWindow.fetch(at())));
alone.sends('fetch-proxied', (at) => { self.fetch = new Proxy(self.fetch, {}); return fetch(at()); });
alone.sends('fetch-wrapped', (at) => { const before = self.fetch; self.fetch = (...all) => before(...all); return fetch(at()); });
alone.sends('image-redefined', (at) => {
  const found = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
  Object.defineProperty(HTMLImageElement.prototype, 'src', { ...found, set(value) { found.set.call(this, value); } });
  pixel(at);
});
alone.sends('set-attribute-redefined', (at) => {
  const before = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (...all) { return Reflect.apply(before, this, all); };
  new Image().setAttribute('src', at('.gif'));
});
alone.sends('inner-html-redefined', (at) => {
  const found = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML');
  Object.defineProperty(Element.prototype, 'innerHTML', { get: found.get, set(text) { found.set.call(this, text); } });
  put('div').innerHTML = `<img src="${at('.gif')}">`;
});
alone.sends('regexp-test-replaced', (at) => { RegExp.prototype.test = () => false; pixel(at); });
alone.sends('regexp-exec-replaced', (at) => { RegExp.prototype.exec = () => null; pixel(at); });
alone.sends('string-replace-replaced', (at) => {
  String.prototype.replace = function () { return `${this}`; };
  put('div').innerHTML = `<img src="${at('.gif')}">`;
});
alone.sends('string-slice-replaced', (at) => { String.prototype.slice = () => ''; pixel(at); });
alone.sends('match-all-replaced', (at) => {
  String.prototype.matchAll = () => [];
  put('p', { textContent: 'x' }).style.cssText = `background: url(${at('.gif')})`;
});
alone.sends('url-replaced', (at) => { self.URL = class { get protocol() { return 'own:'; } }; pixel(at); });
alone.sends('url-getter-replaced', (at) => {
  Object.defineProperty(URL.prototype, 'hostname', { get: () => 'own.test' });
  pixel(at);
});
alone.sends('object-create-replaced', (at) => { Object.create = () => ({}); pixel(at); });
alone.sends('char-code-replaced', (at) => { String.prototype.charCodeAt = () => 0; pixel(at); });
alone.sends('array-iterator-replaced', (at) => {
  Array.prototype[Symbol.iterator] = function* () {};
  const made = document.createElement('img');
  made.src = at('.gif');
});
alone.sends('weak-set-has-replaced', (at) => { WeakSet.prototype.has = () => true; return frame().contentWindow.fetch(at()); });
alone.sends('map-get-replaced', (at) => { WeakMap.prototype.get = () => undefined; const x = new XMLHttpRequest(); x.open('GET', at()); x.send(); });
alone.sends('instance-of-replaced', (at) => {
  Object.defineProperty(Request, Symbol.hasInstance, { value: () => false });
  return fetch(new Request(at()));
});
alone.sends('base-uri-replaced', (at) => {
  Object.defineProperty(document, 'baseURI', { get() { throw 0; } });
  pixel(at);
});
alone.sends('object-prototype-setter', (at) => {
  for (const name of ['set', 'get']) Object.prototype[name] = undefined;
  return frame().contentWindow.fetch(at());
});

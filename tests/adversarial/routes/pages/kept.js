// What scripts leave in the browser: cookies, storage areas, databases, caches, files.

const cookieOf = (w) => Object.getOwnPropertyDescriptor(w.Document.prototype, 'cookie');
const fill = (area, key) => area.setItem(key, '1');

keeps('cookie', (key) => { document.cookie = `${key}=1; path=/; max-age=9999`; });
keeps('cookie-domain', (key) => { document.cookie = `${key}=1; path=/; domain=${location.hostname}; max-age=9999`; });
keeps('cookie-spaces', (key) => { document.cookie = ` \t ${key} =1; path=/`; });
keeps('cookie-object', (key) => {
  let asked = 0;
  document.cookie = { toString: () => (asked++ ? `${key}=1; path=/` : 'own=1') };
});
keeps('cookie-prototype', (key) => cookieOf(self).set.call(document, `${key}=1; path=/`));
keeps('cookie-lookup-setter', (key) => document.__lookupSetter__('cookie').call(document, `${key}=1; path=/`));
keeps('cookie-reflect', (key) => { Reflect.set(document, 'cookie', `${key}=1; path=/`); });
keeps('cookie-deleted-instance', (key) => { delete document.cookie; document.cookie = `${key}=1; path=/`; });
keeps('cookie-frame-realm', (key) => cookieOf(frame().contentWindow).set.call(document, `${key}=1; path=/`));
keeps('cookie-frame-document', (key) => { frame().contentDocument.cookie = `${key}=1; path=/`; });
keeps('cookie-frame-by-number', (key) => { frame(); self[self.length - 1].document.cookie = `${key}=1; path=/`; });
keeps('cookie-parser-document', (key) => { parsed('<p>').cookie = `${key}=1; path=/`; });
keeps('cookie-blob-frame', (key) => put('iframe', { src: blob(`<script>document.cookie = '${key}=1; path=/'</script>`, 'text/html') }));
keeps('cookie-srcdoc-frame', (key) => put('iframe', { srcdoc: `<script>document.cookie = '${key}=1; path=/'</script>` }));
keeps('cookie-javascript-frame', (key) => put('iframe', { src: `javascript:void(document.cookie = '${key}=1; path=/')` }));
keeps('cookie-window-open', (key) => { open('').document.cookie = `${key}=1; path=/`; });
keeps('cookie-svg-document', async (key) => {
  const made = put('iframe', { src: '/own.svg' });
  await loaded(made);
  made.contentDocument.cookie = `${key}=1; path=/`;
});
keeps('cookie-store', (key) => cookieStore.set(key, '1'));
keeps('cookie-store-object', (key) => cookieStore.set({ name: key, value: '1', expires: Date.now() + 9e6 }));
keeps('cookie-store-prototype', (key) => CookieStore.prototype.set.call(cookieStore, key, '1'));
keeps('cookie-store-frame', (key) => frame().contentWindow.cookieStore.set(key, '1'));
keeps('cookie-store-two-faced', (key) => {
  let asked = 0;
  return cookieStore.set({ get name() { return asked++ ? key : 'own'; }, value: '1' });
});
keeps('cookie-by-own-answer', (key) => fetch(`/set-cookie/${key}`));
keeps('cookie-by-own-image', (key) => { new Image().src = `/set-cookie/${key}`; });
keeps('cookie-service-worker', (key) => navigator.serviceWorker.register(`/baking/${key}.js`, { scope: `/scope/${key}/` }));
alone.keeps('cookie-redefined', (key) => {
  const found = cookieOf(self);
  Object.defineProperty(document, 'cookie', { get: () => found.get.call(document), set: (text) => found.set.call(document, text) });
  document.cookie = `${key}=1; path=/`;
});
alone.keeps('cookie-proxied', (key) => {
  const found = cookieOf(self);
  Object.defineProperty(Document.prototype, 'cookie', { ...found, set: new Proxy(found.set, {}) });
  document.cookie = `${key}=1; path=/`;
});
alone.keeps('cookie-frozen', (key) => {
  Object.freeze(Document.prototype);
  document.cookie = `${key}=1; path=/`;
});
keeps('local-storage', (key) => fill(localStorage, key));
keeps('local-storage-property', (key) => { localStorage[key] = '1'; });
keeps('local-storage-define', (key) => { Object.defineProperty(localStorage, key, { value: '1' }); });
keeps('local-storage-assign', (key) => { Object.assign(localStorage, { [key]: '1' }); });
keeps('local-storage-prototype', (key) => Storage.prototype.setItem.call(localStorage, key, '1'));
keeps('local-storage-reflect', (key) => { Reflect.set(localStorage, key, '1'); });
keeps('local-storage-object-key', (key) => {
  let asked = 0;
  localStorage.setItem({ toString: () => (asked++ ? key : 'own') }, '1');
});
keeps('local-storage-getter', (key) => {
  const { get } = Object.getOwnPropertyDescriptor(self, 'localStorage');
  fill(get.call(self), key);
});
keeps('local-storage-frame', (key) => fill(frame().contentWindow.localStorage, key));
keeps('local-storage-frame-method', (key) => frame().contentWindow.Storage.prototype.setItem.call(localStorage, key, '1'));
keeps('local-storage-frame-getter', (key) => {
  const { get } = Object.getOwnPropertyDescriptor(frame().contentWindow, 'localStorage');
  fill(get.call(self), key);
});
keeps('session-storage', (key) => fill(sessionStorage, key));
keeps('session-storage-property', (key) => { sessionStorage[key] = '1'; });
keeps('session-storage-frame', (key) => fill(frame().contentWindow.sessionStorage, key));
const opened = (factory, key) => new Promise((done) => {
  const request = factory.open(key);
  request.onsuccess = request.onerror = () => { request.result?.close?.(); done(); };
});
keeps('database', (key) => opened(indexedDB, key));
keeps('database-prototype', (key) => { IDBFactory.prototype.open.call(indexedDB, key, 3); });
keeps('database-frame', (key) => opened(frame().contentWindow.indexedDB, key));
keeps('database-upgrade', (key) => new Promise((done) => {
  const request = indexedDB.open(key);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('s').put('1', 'k'));
  request.onsuccess = request.onerror = done;
}));
keeps('database-worker', (key) => { new Worker(blob(`indexedDB.open('${key}').onupgradeneeded = () => {}`)); });
keeps('database-own-worker', (key) => { new Worker(`/storing/${key}.js`); });
const cached = async (caches, key) => (await caches.open(key)).put('/own.json', new Response('{}'));
keeps('cache', (key) => cached(caches, key));
keeps('cache-frame', (key) => cached(frame().contentWindow.caches, key));
keeps('cache-worker', (key) => { new Worker(blob(`caches.open('${key}')`)); });

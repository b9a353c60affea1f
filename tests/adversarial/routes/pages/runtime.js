// What the files of routes build on. A route is one call here: its name, and the code that tries to get out.
// `sends` is given at(end), an address at the tracker; `connects` a port of its own there; `keeps` a key to write under;
// `posts` a held path of the site's own host. A route that would disturb the others is `alone` in a frame's document.
// No address is written out anywhere: it comes together at run time, as trackers do it.

const tracker = ['tra', 'cker', '.te', 'st'].join('');
const only = document.currentScript.dataset.only;
const pending = [];

/** The address by which the route `name` arrives. */
const addressOf = (name) => (end = '') => ['http', '://', tracker, '/r', '/', name, end].join('');

const run = (name, code, given) => {
  try {
    pending.push(Promise.resolve(code(given, name)).catch(() => {}));
  } catch {}
};
const together = (make) => (name, code) => only || run(name, code, make(name));
const apart = (make) => (name, code) => only == name && run(name, code, make(name));

const kinds = {
  sends: addressOf,
  connects: (name) => self.ports[name],
  keeps: (name) => ['ac', 'me_', name].join(''),
  posts: (name) => ['/ac', 'me/col', 'lect/', name].join(''),
};
for (const kind in kinds) self[kind] = together(kinds[kind]);
self.alone = Object.fromEntries(Object.entries(kinds).map(([kind, make]) => [kind, apart(make)]));

/** The same address where every browser takes it for a secure one: some calls go nowhere else. */
const secure = (address) => address.replace(tracker, `tracker.localhost:${self.collectorPort}`);

/** Puts an element into the page and answers with it. */
const put = (tag, fields = {}) => {
  const made = document.createElement(tag);
  Object.assign(made, fields);
  document.body.append(made);
  return made;
};
/** A fresh frame of about:blank. */
const frame = () => put('iframe');
/** A document that the page's own markup never went through. */
const parsed = (markup, type = 'text/html') => new DOMParser().parseFromString(markup, type);
const svgNS = 'http://www.w3.org/2000/svg';
const xlinkNS = 'http://www.w3.org/1999/xlink';
const svg = (tag) => {
  const root = document.createElementNS(svgNS, 'svg');
  const made = document.createElementNS(svgNS, tag);
  root.append(made);
  document.body.append(root);
  return made;
};
const blob = (text, type = 'text/javascript') => URL.createObjectURL(new Blob([text], { type }));
const quoted = JSON.stringify;
const later = (wait) => new Promise((done) => setTimeout(done, wait));
const loaded = (target) => new Promise((done) => target.addEventListener('load', done, { once: true }));
/** What an element does when it is clicked, without a visitor. */
const clicked = (tag, fields) => put(tag, fields).click();

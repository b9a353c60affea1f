// The guard's file, on the first page of a visit: so that the page is light, it has only the outline of what is known, and
// of the guard what is needed at once. The file, which the next page is going to name, has the rest of both. It comes
// while the page is idle, or at once where somebody asks for what the outline leaves open.

import { doc, getter, kind, method, nativeFetch, origin, setter, trusted } from './natives.js';

const { XMLHttpRequest } = self;
const open = method(kind(self, 'XMLHttpRequest'), 'open');
const send = method(kind(self, 'XMLHttpRequest'), 'send');
const status = getter(kind(self, 'XMLHttpRequest'), 'status');
const answer = getter(kind(self, 'XMLHttpRequest'), 'responseText');
export const createElement = method(doc, 'createElement');
const append = method(kind(self, 'Node'), 'appendChild');
const remove = method(kind(self, 'Element'), 'remove');
const write = setter(kind(self, 'HTMLScriptElement'), 'text');

/** Of the script that this is: what it adds to the page, or writes into documents, needs the same. */
export const nonce = doc?.currentScript?.nonce;

let given = REST;

/** The function that makes the rest of the guard (see rest.js), once it is here. */
export const factory = () => given;

/** Runs the file's text, which hands over what it has in the place of beginning anew (banner/guard/config.py). */
function run(code, take) {
  const script = createElement(doc, 'script');
  if (nonce) script.nonce = nonce;
  script.hb = (held, _sheet, rest) => {
    given = rest;
    take(held);
  };
  write(script, trusted(code, 'Script'));
  append(doc.head ?? doc.documentElement, script);
  remove(script);
}

/** What the proxy has at `path`, at once: the page waits, unless that lies in the browser's cache by now. */
export function fetchNow(path) {
  const request = new XMLHttpRequest();
  open(request, 'GET', origin + path, false);
  send(request);
  if (status(request) == 200) return answer(request);
}

/** Brings the file at once. */
export function bring(file, take) {
  const code = fetchNow(file);
  if (code != null) run(code, take);
}

/** Puts the file into the browser's cache. */
export const fetchFile = (file) => nativeFetch(origin + file, { priority: 'low' });

/** Brings the file without making the page wait. */
export async function bringLater(file, take) {
  run(await (await fetchFile(file)).text(), take);
}

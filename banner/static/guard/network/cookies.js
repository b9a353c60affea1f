// Cookies that scripts write and read.

import { Date, Map, String, apply, defineProperty, descriptor, doc, getter, kind, setTimeout, setter } from '../core/natives.js';
import { wrap, wrapAccessor } from '../core/stand_ins.js';
import { config, heldCookie, isOpen, note, whenKnown } from '../core/facts.js';
import { rest } from '../core/rest.js';

const readJar = getter(kind(self, 'Document'), 'cookie');
const writeJar = setter(kind(self, 'Document'), 'cookie');

/** Writes a cookie as the page would without us. */
export const writeCookie = (text) => writeJar(doc, text);
/** The names of all cookies that scripts could see. */
export const cookieNames = () => readJar(doc).split('; ').map(nameOf).filter(Boolean);

/** Held writes by cookie (name and domain), for the case that the visitor agrees. */
export const cookies = new Map();

const nameOf = (text) => (text.includes('=') ? text.split('=')[0] : '').trim();

/**
 * Held writes of the current task, which `document.cookie` still shows. Libraries write a cookie and read it back to
 * find out whether cookies work and for which domain; one that is told "no" does not start when the visitor agrees.
 */
const fresh = new Map();

/** Writes what was held for as long as nobody knew better. */
function writeFree() {
  for (const [key, [name, text]] of cookies) {
    const isHeld = heldCookie(name);
    if (isHeld && config.ask) continue;
    cookies.delete(key);
    if (!isHeld) writeCookie(text);
  }
}

/** Says how long a written cookie lasts. */
const LASTING = /;\s*(max-age|expires)\s*=\s*([^;]*)/gi;

/** Whether a written cookie has expired already, as when a script deletes it. The last of each attribute counts. */
function isPast(text) {
  const last = { __proto__: null };
  for (const [, key, value] of text.matchAll(LASTING)) last[key.toLowerCase()] = value;
  const age = last['max-age'];
  return /^-?\d+\s*$/.test(age) ? age <= 0 : Date.parse(last.expires) <= Date.now();
}

export function holdWrite(text) {
  const name = nameOf(text.split(';')[0]);
  const waits = isOpen(name);
  const past = isPast(text);
  if (!past) note('cookie:' + name, text.match(LASTING)?.join(''));
  if (waits) whenKnown(writeFree);
  else if (!heldCookie(name)) return;
  if ((waits || config.ask) && cookies.size < 100) cookies.set(name + text.match(/;\s*domain=[^;]*/i), [name, text]);
  if (!fresh.size) setTimeout(() => fresh.clear());
  if (past) fresh.delete(name);
  else fresh.set(name, text.split(';')[0]);
  return [];
}

/** Whether scripts must not see a cookie. Of those that came with the request for the page the proxy has said it. */
const isHidden = (name) => config.carried?.includes(name) || heldCookie(name);

/** Wraps `document.cookie` on the prototype and on the document itself: each may be replaced without the other. */
function holdDocumentCookie(w) {
  if (!w.document) return;
  const show = (document, _, native) => {
    const jar = apply(native, document, []);
    const seen = jar ? jar.split('; ').filter((pair) => !isHidden(nameOf(pair))) : [];
    return [[...seen, ...fresh.values()].join('; ')];
  };
  wrapAccessor(w.Document.prototype, 'cookie', { get: show, set: (_, args) => holdWrite((args[0] = String(args[0]))) });
  defineProperty(w.document, 'cookie', descriptor(w.Document.prototype, 'cookie'));
}

/** Stands in front of the realm's cookies. */
export function holdCookies(w) {
  holdDocumentCookie(w);
  const store = kind(w, 'CookieStore');
  const quiet = [w.Promise.resolve()];
  wrap(store, 'set', (_, args) => rest().storesCookie(args) && quiet);
  wrap(store, 'get', (_, [name]) => (heldCookie(name?.name ?? name) ? [w.Promise.resolve(null)] : undefined));
  wrap(store, 'getAll', (self, args, native) => [
    apply(native, self, args).then((all) => all.filter(({ name }) => !heldCookie(name))),
  ]);
}

// What scripts keep in the browser besides cookies: localStorage, sessionStorage, IndexedDB, caches.

import { Map, String, apply, kind, method } from '../core/natives.js';
import { addressOf, text } from '../core/platform.js';
import { bare, bared, facades } from '../core/facades.js';
import { wrap, wrapAccessor } from '../core/stand_ins.js';
import { held, heldKey, isOpen, note, whenKnown } from '../core/facts.js';
import { rest } from '../core/rest.js';

/** Held values by storage area and key, for the case that the visitor agrees. */
export const values = new Map();

function holdValue(area, key, value) {
  if (!values.has(area)) values.set(area, new Map());
  const pairs = values.get(area);
  if (pairs.has(key) || pairs.size < 100) pairs.set(key, String(value));
}

/** Sets what was held for as long as nobody knew better. */
function setFree() {
  for (const [area, pairs] of values) {
    for (const [key, value] of pairs) {
      if (heldKey(key)) continue;
      pairs.delete(key);
      area.setItem(key, value);
    }
  }
}

/** Whether a database or a cache of this name, which is about to be opened, is held. */
function isRefused(name) {
  note('storage:' + name);
  return heldKey(name);
}

const has = method(kind(self, 'Storage'), 'getItem');

/** What a script sees under a held key: what it wrote itself on this page, never what lies there from before. */
const heldValue = (area, key) => values.get(area)?.get(key);

/** Whether a script must not see what lies under a key. Where nothing does, nothing is looked up. */
const isHidden = (area, key) => (isOpen(key) && has(area, key) == null) || heldKey(key);

const get = (area, key) => (typeof key == 'string' && isHidden(area, key) ? [heldValue(area, key)] : undefined);
function set(area, key, value) {
  if (typeof key != 'string') return false;
  note('storage:' + key);
  if (isOpen(key)) whenKnown(setFree);
  else if (!heldKey(key)) return false;
  holdValue(area, key, value);
  return true;
}
const forget = (area, key) => void values.get(area)?.delete(String(key));

const facade = facades(set, get, forget);

function holdAreas(w) {
  const prototype = kind(w, 'Storage');
  wrapAccessor(prototype, 'length', { get: bared });
  wrap(prototype, 'key');
  wrap(
    prototype,
    'getItem',
    (area, [key]) => (isHidden(area, String(key)) ? [heldValue(area, String(key)) ?? null] : undefined),
    undefined,
    [0],
  );
  wrap(
    prototype,
    'setItem',
    (area, args) => (args.length > 1 && set(area, String(args[0]), args[1]) ? [] : undefined),
    undefined,
    [0, 1],
  );
  wrap(prototype, 'removeItem', (area, [key]) => forget(area, key), undefined, [0]);
  wrap(prototype, 'clear', (area) => void values.delete(area));
  wrapAccessor(w, 'localStorage sessionStorage', {
    get: (self, _, native) => [facade(apply(native, self, []))],
  });
  // Pages compare the area that an event is about with the one that they know, and make such events themselves.
  wrapAccessor(kind(w, 'StorageEvent'), 'storageArea', {
    get: (self, _, native) => {
      const area = apply(native, self, []);
      return [area && facade(area)];
    },
  });
  wrap(w, 'StorageEvent', (_, args) => {
    if (args[1]?.storageArea) args[1] = { ...args[1], storageArea: bare(args[1].storageArea) };
  });
  wrap(kind(w, 'StorageEvent'), 'initStorageEvent', (_, args) => {
    if (args.length > 7) args[7] = bare(args[7]);
  });
}

function holdDatabases(w) {
  const opens = (factory, args, native) =>
    isRefused(String(args[0])) ? rest().opensDatabase(apply(native, factory, args), factory) : undefined;
  wrap(kind(w, 'IDBFactory'), 'open', opens, undefined, [0]);
}

/** A cache of a held name is refused as where storage is switched off; what is held is not fetched into any other. */
function holdCaches(w) {
  const refused = () => [w.Promise.reject(new w.DOMException('Storage is held', 'SecurityError'))];
  wrap(kind(w, 'CacheStorage'), 'open', (_, [name]) => (isRefused(String(name)) ? refused() : undefined), undefined, [0]);
  const takes = (_, [first]) => ([].concat(first).some((request) => held(addressOf(request))) ? refused() : undefined);
  wrap(kind(w, 'Cache'), 'add put', takes, undefined, [0]);
  wrap(kind(w, 'Cache'), 'addAll', (_, args) => {
    if (!args.length) return;
    args[0] = [...args[0]].map(text);
    return takes(_, args);
  });
}

/** Stands in front of the realm's storage. */
export function holdStorage(w) {
  holdAreas(w);
  holdDatabases(w);
  holdCaches(w);
}

// What scripts keep in the browser besides cookies: localStorage, sessionStorage, IndexedDB.

import { Map, Proxy, String, WeakMap, apply, defineProperty, descriptor, method, wrap, wrapAccessor } from './natives.js';
import { heldKey } from './facts.js';
import { values } from './queue.js';

const areas = new WeakMap();
const put = method(self.Storage?.prototype, 'setItem');
const remove = method(self.Storage?.prototype, 'removeItem');

/** Writes a value as the page would without us. */
export const writeValue = put;

function holdValue(area, key, value) {
  if (!values.has(area)) values.set(area, new Map());
  const pairs = values.get(area);
  if (pairs.has(key) || pairs.size < 100) pairs.set(key, String(value));
}

/** What a script sees under a held key: what it wrote itself on this page, never what lies there from before. */
const heldValue = (area, key) => values.get(area)?.get(key);

/**
 * The storage area as scripts get it. `localStorage.key = value` and `localStorage[key]` reach no method, so the
 * object itself stands in for the area; methods and `length` are taken through to the area by `through`.
 */
function standInArea(area) {
  const seen = new Proxy(area, {
    get: (_, key) => (typeof key == 'string' && heldKey(key) ? heldValue(area, key) : area[key]),
    set: (_, key, value) => {
      if (typeof key == 'string' && heldKey(key)) holdValue(area, key, value);
      else area[key] = value;
      return true;
    },
    deleteProperty: (_, key) => {
      values.get(area)?.delete(key);
      return delete area[key];
    },
    defineProperty: (_, key, found) => {
      if (!heldKey(String(key))) return defineProperty(area, key, found);
      holdValue(area, key, found.value);
      return true;
    },
  });
  areas.set(seen, area);
  return seen;
}

/** Wraps a member of Storage so that it takes our stand-in for the area behind it. */
function through(prototype, name, decide) {
  const found = descriptor(prototype, name);
  const kind = found.get ? 'get' : 'value';
  found[kind] = new Proxy(found[kind], {
    apply: (native, self, args) => {
      const area = areas.get(self) ?? self;
      const answer = decide?.(area, ...args);
      return answer ? answer[0] : apply(native, area, args);
    },
  });
  defineProperty(prototype, name, found);
}

function holdAreas(w) {
  const prototype = w.Storage?.prototype;
  if (!prototype) return;
  for (const name of ['length', 'key']) through(prototype, name);
  through(prototype, 'getItem', (area, key) => (heldKey(String(key)) ? [heldValue(area, String(key)) ?? null] : undefined));
  through(prototype, 'setItem', (area, key, value) => {
    if (value !== undefined && heldKey(String(key))) return [holdValue(area, String(key), value)];
  });
  through(prototype, 'removeItem', (area, key) => void values.get(area)?.delete(String(key)));
  through(prototype, 'clear', (area) => void values.delete(area));
  const made = new Map();
  for (const name of ['localStorage', 'sessionStorage']) {
    wrapAccessor(w, name, {
      get: (self, _, native) => {
        const area = apply(native, self, []);
        if (!made.has(area)) made.set(area, standInArea(area));
        return [made.get(area)];
      },
    });
  }
}

/**
 * A database of a held name is opened, and taken back before the page hears of it: the request fails with an
 * AbortError of the browser's own, and a database that was made is gone with it (Indexed DB 3.0, "abort an upgrade").
 */
function holdDatabases(w) {
  wrap(w.IDBFactory?.prototype, 'open', (factory, args, native) => {
    if (!heldKey(String(args[0]))) return;
    const request = apply(native, factory, args);
    const stop = (event) => {
      event.stopImmediatePropagation();
      if (request.transaction) request.transaction.abort();
      else request.result.close();
    };
    for (const name of ['upgradeneeded', 'success']) request.addEventListener(name, stop);
    return [request];
  });
}

/** Stands in front of the realm's storage. */
export function holdStorage(w) {
  holdAreas(w);
  holdDatabases(w);
}

/** Removes everything that is held from the browser's storage: the visitor took back what they had agreed to. */
export async function clearStorage() {
  for (const name of ['localStorage', 'sessionStorage']) {
    try {
      const seen = self[name];
      for (const key of Object.keys(seen)) if (heldKey(key)) remove(areas.get(seen) ?? seen, key);
    } catch {}
  }
  try {
    for (const { name } of await indexedDB.databases()) if (heldKey(name)) indexedDB.deleteDatabase(name);
  } catch {}
}

// The browser's own functions, taken before any script of the page runs, and the ways of standing in front of one.

export const { apply, construct, defineProperty, getOwnPropertyDescriptor: descriptor } = Reflect;
export const { URL, Request, Response, Map, Set, WeakMap, WeakSet, Promise, JSON, String, Proxy, setTimeout } = self;
export const doc = self.document;
export const nativeFetch = self.fetch?.bind(self);

/** Text for where a page takes none that was not vouched for (Trusted Types); ours was looked at. */
const vouched = (() => {
  const same = (text) => text;
  try {
    return self.trustedTypes.createPolicy('holdback', { createHTML: same, createScript: same, createScriptURL: same });
  } catch {}
})();
export const trusted = (text, kind = 'HTML') => vouched?.['create' + kind](text) ?? text;

/** What stands behind each facade: the browser's own methods take nothing else. */
const behind = new WeakMap();
const facades = new WeakMap();

/**
 * The object as scripts get it, for those whose properties reach no method (`localStorage.key = value`,
 * `element.style.background = value`): `set` takes a value and answers true, or leaves it to the object; `get` answers
 * `[value]` for a property that is not the object's own to show.
 */
export function facade(object, set, get, remove) {
  let made = facades.get(object);
  if (!made) {
    made = new Proxy(object, {
      get: (_, key) => (get?.(object, key) ?? [object[key]])[0],
      set: (_, key, value) => {
        if (!set(object, key, value)) object[key] = value;
        return true;
      },
      defineProperty: (_, key, found) => set(object, key, found.value) || defineProperty(object, key, found),
      deleteProperty: (_, key) => {
        remove?.(object, key);
        return delete object[key];
      },
    });
    facades.set(object, made);
    behind.set(made, object);
  }
  return made;
}

/** The object itself, or what stands behind it where it is a facade. */
export const bare = (object) => behind.get(object) ?? object;

/**
 * Runs `decide` before the native function and `after` on its result, the object and the arguments.
 *
 * `decide` may change the arguments in place, or return `[value]`, which is then the answer. Whatever goes wrong in
 * here is ours: the page gets the native behaviour, never our exception. A Proxy keeps name, length, prototype,
 * static members, `instanceof` and "[native code]" without any work.
 */
function standIn(native, decide, after) {
  const run = (kind, self, args) => {
    let answer;
    self = bare(self);
    try {
      answer = decide?.(self, args, native);
    } catch {}
    if (answer) return answer[0];
    const result = kind(native, self, args);
    try {
      after?.(result, self, args);
    } catch {}
    return result;
  };
  return new Proxy(native, {
    apply: (_, self, args) => run(apply, self, args),
    construct: (_, args, target) => run((made) => construct(made, args, target), null, args),
  });
}

/** Wraps the methods or constructors `names` where `owner` has them from; nothing happens where there is none. */
export function wrap(owner, names, decide, after) {
  for (const name of names.split(' ')) {
    let at = owner;
    while (at && !Object.hasOwn(at, name)) at = Object.getPrototypeOf(at);
    const found = at && descriptor(at, name);
    if (!found?.value) continue;
    const native = found.value;
    found.value = standIn(native, decide, after);
    defineProperty(at, name, found);
    // A constructor is also to be had from what it has made.
    if (native.prototype) defineProperty(native.prototype, 'constructor', { value: found.value, writable: true, configurable: true });
  }
}

/** Wraps the accessors `names` of `owner`: `set` and `get` decide, `wrote` and `got` come after. */
export function wrapAccessor(owner, names, { set, get, wrote, got }) {
  for (const name of names.split(' ')) {
    const found = owner && descriptor(owner, name);
    if (!found?.get) continue;
    found.get = standIn(found.get, get && ((...all) => get(...all, name)), got);
    if (found.set) found.set = standIn(found.set, set && ((...all) => set(...all, name)), wrote);
    defineProperty(owner, name, found);
  }
}

/** The native getter or setter of a property, as a function of its object (and value). */
export const getter = (owner, name) => {
  const { get } = (owner && descriptor(owner, name)) ?? {};
  return (self) => apply(get, self, []);
};
export const setter = (owner, name) => {
  const { set } = (owner && descriptor(owner, name)) ?? {};
  return (self, value) => apply(set, self, [value]);
};

/** A native method as a function of its object. */
export const method = (owner, name) => {
  const native = owner?.[name];
  return (self, ...args) => apply(native, self, args);
};

/** The prototype of an interface in the realm of `w`, where it has one. */
export const kind = (w, name) => w[name]?.prototype;

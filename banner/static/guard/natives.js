// The browser's own functions, taken before any script of the page runs, and the two ways of standing in front of one.

export const { apply, construct, defineProperty, getOwnPropertyDescriptor: descriptor } = Reflect;
export const { URL, Request, Response, Map, Set, WeakMap, WeakSet, Promise, JSON, String, Proxy, setTimeout } = self;
export const doc = self.document;
export const nativeFetch = self.fetch?.bind(self);

/**
 * Runs `decide` before the native function and `after` on its result.
 *
 * `decide` may change the arguments in place, or return `[value]`, which is then the answer. Whatever goes wrong in
 * here is ours: the page gets the native behaviour, never our exception. A Proxy keeps name, length, prototype,
 * static members, `instanceof` and "[native code]" without any work.
 */
function standIn(native, decide, after) {
  const run = (kind, self, args) => {
    let answer;
    try {
      answer = decide?.(self, args, native);
    } catch {}
    if (answer) return answer[0];
    const result = kind(native, self, args);
    try {
      after?.(result, self);
    } catch {}
    return result;
  };
  return new Proxy(native, {
    apply: (_, self, args) => run(apply, self, args),
    construct: (_, args, target) => run((made) => construct(made, args, target), null, args),
  });
}

/** Wraps the method or constructor `name` where `owner` has it from; nothing happens where there is none. */
export function wrap(owner, name, decide, after) {
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const found = owner && descriptor(owner, name);
  if (!found?.value) return;
  found.value = standIn(found.value, decide, after);
  defineProperty(owner, name, found);
}

/** Wraps the accessor `name` of `owner`: `set` and `get` decide, `wrote` and `got` come after. */
export function wrapAccessor(owner, name, { set, get, wrote, got }) {
  const found = owner && descriptor(owner, name);
  if (!found?.get) return;
  if (get || got) found.get = standIn(found.get, get, got);
  if ((set || wrote) && found.set) found.set = standIn(found.set, set, wrote);
  defineProperty(owner, name, found);
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

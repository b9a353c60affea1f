// The browser's own functions, taken before any script of the page runs.

export const { apply, construct, getPrototypeOf, ownKeys, setPrototypeOf } = Reflect;
const { defineProperty: define, getOwnPropertyDescriptor } = Reflect;
export const { Object, URL, Request, Response, Map, Set, WeakMap, WeakSet, Promise, JSON, String, Date, Proxy, setTimeout } =
  self;
export const { document: doc, origin, FormData, URLSearchParams } = self;
export const nativeFetch = self.fetch?.bind(self);
/** Calls back when the browser has nothing else to do; some have no word for that. */
export const whenIdle = self.requestIdleCallback?.bind(self) ?? ((act) => setTimeout(act));

const createPolicy = self.trustedTypes?.createPolicy.bind(self.trustedTypes);
let policy;
/**
 * Text of ours for where a page takes none that was not vouched for (Trusted Types). A policy of the page's may refuse us
 * one of our own, and says so to its owner: it is made when there is something to vouch for.
 */
export const trusted = (text, kind = 'HTML') => {
  const same = (text) => text;
  try {
    policy ??= createPolicy('holdback', { createHTML: same, createScript: same, createScriptURL: same });
  } catch {}
  return policy?.['create' + kind](text) ?? text;
};

/** The object with nothing but its own: what a page adds to all objects (`Object.prototype.get`) is no part of ours. */
const alone = (object) => {
  if (object) setPrototypeOf(object, null);
  return object;
};

export const descriptor = (object, name) => alone(getOwnPropertyDescriptor(object, name));
export const defineProperty = (object, name, found) => define(object, name, alone(found));

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

const baseOf = getter(kind(self, 'Node'), 'baseURI');
/** What the page's relative addresses are relative to, by the browser's own word: markup can give the document another. */
export const base = () => (doc ? baseOf(doc) : self.location.href);

const element = kind(self, 'Element');
export const setAttribute = method(element, 'setAttribute');
export const getAttribute = method(element, 'getAttribute');
export const removeAttribute = method(element, 'removeAttribute');

// What an object is, by the browser's own word: a page can give any object another constructor, prototype or property.

import { String, apply, descriptor, kind } from './natives.js';

/** Whether a value is an object: `document.all` is one too, which says that it is undefined. */
export const isObject = (value) => {
  const type = typeof value;
  return type == 'object' ? value !== null : type == 'function' || (type == 'undefined' && value !== undefined);
};

/** Gives objects a field that only we can read, which takes half the time of a WeakMap, and no collector's. */
export class Marked {
  constructor(object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field comes to be on any object.
    return object;
  }
}

/** The answer of the browser's own function, or undefined where it does not take the object for one of its kind. */
const asked = (native, object) => {
  try {
    return native && apply(native, object, []);
  } catch {}
};
/** @type {(name: string, property: string) => Function | undefined} */
const nativeGetter = (name, property) => descriptor(kind(self, name) ?? {}, property)?.get;
const nodeType = nativeGetter('Node', 'nodeType');
const localName = nativeGetter('Element', 'localName');
const requestURL = nativeGetter('Request', 'url');
const byteLength = nativeGetter('ArrayBuffer', 'byteLength');
const { isView } = ArrayBuffer;
const vouching = ['TrustedHTML', 'TrustedScript', 'TrustedScriptURL'].map((name) => kind(self, name)?.toString);

/** Type and name of each node that was met, which never change. To ask for them takes as long as to insert the node. */
class Met extends Marked {
  /** @type {any} */
  #type;
  /** @type {any} */
  #name;
  constructor(node, type, name) {
    super(node);
    this.#type = type;
    this.#name = name;
  }
  static type = (object) => (#type in object ? object.#type : undefined);
  static nameOf = (object) => (#name in object ? object.#name : undefined);
}

/** A node's type, or undefined for what is none. */
export function typeOfNode(object) {
  if (!isObject(object)) return;
  let type = Met.type(object);
  if (!type) {
    type = asked(nodeType, object);
    if (type) {
      try {
        new Met(object, type, type == 1 ? asked(localName, object) : '');
      } catch {}
    }
  }
  return type;
}

/** An element's name. Empty for what is none. */
export const nameOf = (object) => (typeOfNode(object) == 1 ? (Met.nameOf(object) ?? asked(localName, object)) : '');

/** The address that a request goes to, or what was given in its place. */
export const addressOf = (input) => asked(requestURL, input) ?? input;

/** Whether it is an object of the browser's that functions take as it is. */
const isPlatform = (object) =>
  typeOfNode(object) != null || isView(object) || asked(requestURL, object) != null || asked(byteLength, object) != null;

/** What an object says where text is wanted, and whether it vouches for that (Trusted Types). An object of the browser's own
 * is not asked: that takes long where nobody answers, and every insertion of a node comes by here.
 *
 * @returns {[any, boolean?]}
 */
export function read(object) {
  if (isPlatform(object)) return [object];
  for (const native of vouching) {
    const said = asked(native, object);
    if (said != null) return [said, true];
  }
  return [String(object)];
}

/**
 * What is given where text is wanted, as the browser would read it (Web IDL, "DOMString"): an object is asked once, and
 * what it said is what is judged *and* what goes on. It could say another thing when it is asked again.
 */
export const text = (value) => (isObject(value) ? read(value)[0] : value);

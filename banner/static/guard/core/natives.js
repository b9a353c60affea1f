// The browser's own functions, taken before any script of the page runs, and the ways of standing in front of one.

export const { apply, construct } = Reflect;
const { defineProperty: define, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;
export const { Object, URL, Request, Response, Map, Set, WeakMap, WeakSet, Promise, JSON, String, Date, Proxy, setTimeout } =
  self;
export const { document: doc, origin, FormData, URLSearchParams } = self;
export const nativeFetch = self.fetch?.bind(self);

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

/** Whether a value is an object: `document.all` is one too, which says that it is undefined. */
const isObject = (value) => {
  const type = typeof value;
  return type == 'object' ? value !== null : type == 'function' || (type == 'undefined' && value !== undefined);
};

/** Gives objects a field that only we can read, which takes half the time of a WeakMap, and no collector's. */
class Marked {
  constructor(object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field comes to be on any object.
    return object;
  }
}

/** What stands behind each facade: the browser's own methods take nothing else. */
class Facade extends Marked {
  /** @type {any} */
  #object;
  constructor(made, object) {
    super(made);
    this.#object = object;
  }
  static behind = (made) => (#object in made ? made.#object : made);
}

/** The facade that each object has. */
class Faced extends Marked {
  /** @type {any} */
  #made;
  constructor(object, made) {
    super(object);
    this.#made = made;
  }
  static of = (object) => (#made in object ? object.#made : undefined);
}

/**
 * A function of an object that answers it as scripts get it, for those whose properties reach no method
 * (`localStorage.key = value`, `element.style.background = value`): `set` takes a value and answers true, or leaves it to
 * the object; `get` answers `[value]` for a property that is not the object's own to show.
 */
export function facades(set, get, remove) {
  const traps = alone({
    get: (object, key) => {
      const answer = get?.(object, key);
      return answer ? answer[0] : object[key];
    },
    set: (object, key, value) => {
      if (isObject(value) && key in object) value = text(value);
      if (!set(object, key, value)) object[key] = value;
      return true;
    },
    defineProperty: (object, key, found) => {
      if ('value' in found) found = { ...found, value: text(found.value) };
      return set(object, key, found.value) || defineProperty(object, key, found);
    },
    deleteProperty: (object, key) => {
      remove?.(object, key);
      return delete object[key];
    },
  });
  return (object) => {
    let made = Faced.of(object);
    if (!made) {
      made = new Proxy(object, traps);
      new Faced(object, made);
      new Facade(made, object);
    }
    return made;
  };
}

/** Decides nothing: for what has to be asked of the object behind a facade. */
export const bared = () => {};

/** The object itself, or what stands behind it where it is a facade. */
export const bare = (object) => (isObject(object) ? Facade.behind(object) : object);

/** The answer of the browser's own function, or undefined where it does not take the object for one of its kind. */
const asked = (native, object) => {
  try {
    return native && apply(native, object, []);
  } catch {}
};
/** @type {(name: string, property: string) => Function | undefined} */
const nativeGetter = (name, property) => descriptor(/** @type {any} */ (self)[name]?.prototype ?? {}, property)?.get;
const nodeType = nativeGetter('Node', 'nodeType');
/** A node's type by the browser's own word, or undefined for what is none. */
export const typeOfNode = (object) => asked(nodeType, object);
const requestURL = nativeGetter('Request', 'url');
const byteLength = nativeGetter('ArrayBuffer', 'byteLength');
const { isView } = ArrayBuffer;
const vouching = ['TrustedHTML', 'TrustedScript', 'TrustedScriptURL'].map((name) => self[name]?.prototype.toString);

/** The address that a request goes to, by the browser's own word, or what was given in its place. */
export const addressOf = (input) => asked(requestURL, input) ?? input;

/** Whether it is an object of the browser's that functions take as it is. */
const isPlatform = (object) => isView(object) || [nodeType, requestURL, byteLength].some((of) => asked(of, object) != null);

/** What an object says where text is wanted, and whether it vouches for that (Trusted Types). An object of the browser's own
 * is not asked: that takes long where nobody answers, and every insertion of a node comes by here.
 *
 * @returns {[any, boolean?]}
 */
function read(object) {
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

/** Reads the arguments at these places as text, or all. Answers the texts of objects that vouch for them, with these. */
function asTexts(args, places) {
  let vouched;
  const { length } = places ?? args;
  for (let nth = 0; nth < length; nth++) {
    const at = places ? places[nth] : nth;
    const given = args[at];
    if (!isObject(given)) continue;
    const [said, vouches] = read(given);
    args[at] = said;
    if (vouches) (vouched ??= []).push([said, given]);
  }
  return vouched;
}

/** What {@link asTexts} says of the call that is being decided about. */
let vouchedNow;
/** Whether the page vouched for a text among the arguments of the call that is being decided about. */
export const isVouched = (text) => !!vouchedNow?.some(([said]) => said === text);

/** Where every argument of a function is text. */
export const ALL = null;

/** @typedef {(self: any, args: any, native: Function, name?: string) => any[] | false | null | undefined | void} Decide */

/**
 * Runs `decide` before the native function and `after` on its result, the object and the arguments.
 *
 * The arguments at the places in `texts` are text. `decide` may change the arguments in place, or return `[value]`, which
 * is then the answer. Where it fails over what a page gave it, the call is held: the page never gets our exception, and
 * what nobody judged goes nowhere. A Proxy keeps name, length, prototype, static members, `instanceof` and
 * "[native code]" without any work.
 *
 * @param {Function} native
 * @param {Decide | undefined} decide
 * @param {Function | undefined} after
 * @param {number[] | null} [texts]
 * @returns {any}
 */
function standIn(native, decide, after, texts) {
  const run = (self, args, target) => {
    const vouched = texts === undefined ? undefined : asTexts(args, texts);
    if (decide) {
      let answer;
      vouchedNow = vouched;
      try {
        answer = decide(self, args, native);
      } catch (error) {
        // What is asked without an argument has nothing to hold: its object was none of its kind.
        if (!args.length) throw error;
        answer = [];
      }
      if (answer) return answer[0];
    }
    if (vouched) {
      for (const [said, given] of vouched) {
        const at = args.indexOf(said);
        if (at >= 0) args[at] = given;
      }
    }
    const result = target ? construct(native, args, target) : apply(native, self, args);
    try {
      after?.(result, self, args);
    } catch {}
    return result;
  };
  const traps = {
    apply: (_, self, args) => run(bare(self), args),
    construct: (_, args, target) => run(null, args, target),
  };
  return new Proxy(native, alone(traps));
}

/**
 * Wraps the methods or constructors `names` where `owner` has them from; nothing happens where there is none. `texts` are
 * the places of arguments that are text.
 *
 * @param {any} owner
 * @param {string} names
 * @param {Decide} [decide]
 * @param {(result: any, self: any, args: any) => void} [after]
 * @param {number[] | null} [texts]
 */
export function wrap(owner, names, decide, after, texts) {
  for (const name of names.split(' ')) {
    let at = owner;
    while (at && !Object.hasOwn(at, name)) at = Object.getPrototypeOf(at);
    const found = at && descriptor(at, name);
    if (!found?.value) continue;
    const native = found.value;
    found.value = standIn(native, decide, after, texts);
    defineProperty(at, name, found);
    // A constructor is also to be had from what it has made.
    if (native.prototype)
      defineProperty(native.prototype, 'constructor', { value: found.value, writable: true, configurable: true });
  }
}

/**
 * Wraps the accessors `names` of `owner`: `set` and `get` decide, `wrote` and `got` come after. What nobody decides about
 * stays the browser's own, which is quicker to read.
 *
 * @param {object | undefined} owner
 * @param {string} names
 * @param {{ set?: Decide, get?: Decide, wrote?: Function, got?: Function }} by
 */
export function wrapAccessor(owner, names, { set, get, wrote, got }) {
  for (const name of names.split(' ')) {
    const found = owner && descriptor(owner, name);
    if (!found?.get) continue;
    if (get || got) found.get = standIn(found.get, get && ((self, args, native) => get(self, args, native, name)), got);
    if (found.set) found.set = standIn(found.set, set && ((self, args, native) => set(self, args, native, name)), wrote, [0]);
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

const baseOf = getter(kind(self, 'Node'), 'baseURI');
/** What the page's relative addresses are relative to, by the browser's own word: markup can give the document another. */
export const base = () => (doc ? baseOf(doc) : self.location.href);

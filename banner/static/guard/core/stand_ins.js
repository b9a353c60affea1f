// Standing in front of the browser's own functions.

import { Object, Proxy, apply, construct, defineProperty, descriptor } from './natives.js';
import { isObject, read } from './platform.js';
import { Front, bare } from './facades.js';

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
 * A function that runs `decide` before the native one and `after` on its result, the object and the arguments.
 *
 * The arguments at the places in `texts` are text. `decide` may change the arguments in place, or return `[value]`, which
 * is then the answer. Where it fails over what a page gave it, the call is held: the page never gets our exception, and
 * what nobody judged goes nowhere.
 *
 * @param {Function} native
 * @param {Decide | undefined} decide
 * @param {Function | undefined} after
 * @param {number[] | null} [texts]
 * @param {string} [name]
 */
const deciding = (native, decide, after, texts, name) => (self, args, target) => {
  const vouched = texts === undefined ? undefined : asTexts(args, texts);
  if (decide) {
    let answer;
    vouchedNow = vouched;
    try {
      answer = decide(self, args, native, name);
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
  if (after) {
    try {
      after(result, self, args);
    } catch {}
  }
  return result;
};

/** A Proxy keeps a constructor's prototype, static members and `instanceof` without any work. */
function constructorFor(native, run) {
  const traps = {
    __proto__: null,
    apply: (_, self, args) => run(bare(self), args),
    construct: (_, args, target) => run(null, args, target),
  };
  return new Proxy(native, traps);
}

/** As the browser's own, a method has a name and a length, and constructs nothing. A call of a Proxy is slower. */
function methodFor(native, run) {
  const { name } = native;
  const made = {
    [name](...args) {
      return run(bare(this), args);
    },
  }[name];
  if (native.length) defineProperty(made, 'length', { value: native.length, configurable: true });
  return made;
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
    const native = found?.value;
    // What is inherited may have been wrapped where it comes from: Firefox's style rules are grouping rules.
    if (!native || (at != owner && bare(native) != native)) continue;
    const { prototype } = native;
    found.value = (prototype ? constructorFor : methodFor)(native, deciding(native, decide, after, texts));
    new Front(found.value, native);
    defineProperty(at, name, found);
    // A constructor is also to be had from what it has made, but for `Audio`, whose objects are HTMLAudioElement's.
    if (prototype?.constructor == native)
      defineProperty(prototype, 'constructor', { value: found.value, writable: true, configurable: true });
  }
}

/**
 * Wraps the accessors `names` of `owner`: `set` and `get` decide, `wrote` and `got` come after. What nobody decides about
 * stays the browser's own, which is quicker to read. A setter that is a Proxy takes twice as long as one that is a function.
 *
 * @param {object | undefined} owner
 * @param {string} names
 * @param {{ set?: Decide, get?: Decide, wrote?: Function, got?: Function }} by
 */
export function wrapAccessor(owner, names, { set, get, wrote, got }) {
  for (const name of names.split(' ')) {
    const found = owner && descriptor(owner, name);
    if (!found?.get) continue;
    const reads = deciding(found.get, get, got, undefined, name);
    const writes = deciding(found.set, set, wrote, [0], name);
    const made = descriptor(
      {
        get [name]() {
          return reads(bare(this), []);
        },
        set [name](value) {
          writes(bare(this), [value]);
        },
      },
      name,
    );
    for (const which of ['get', 'set']) {
      if (!found[which] || !(which == 'get' ? (get ?? got) : (set ?? wrote))) continue;
      new Front(made[which], found[which]);
      found[which] = made[which];
    }
    defineProperty(owner, name, found);
  }
}

/** What stands in for a function says of itself what the browser's own says: it is that which is asked. */
export const holdSource = (w) => wrap(w.Function.prototype, 'toString');

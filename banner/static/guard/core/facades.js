// Objects whose properties reach no method of ours (`localStorage.key = value`, `element.style.background = value`): scripts
// get a facade of them.

import { Proxy, defineProperty, descriptor, getPrototypeOf, ownKeys, setPrototypeOf } from './natives.js';
import { Marked, isObject, text } from './platform.js';

/** What stands in front of an object, or of a function, with what is behind it: the browser's own functions take only that. */
export class Front extends Marked {
  /** @type {any} */
  #behind;
  constructor(made, behind) {
    super(made);
    this.#behind = behind;
  }
  static behind = (made) => (#behind in made ? made.#behind : made);
}
const { behind } = Front;

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

/** Decides nothing: for what has to be asked of the object behind a facade. */
export const bared = () => {};

/** The object itself, or what is behind it where it is one of ours. */
export const bare = (object) => (isObject(object) ? behind(object) : object);

/**
 * A function of an object that answers its facade. `set` takes a value and answers true, or leaves it to the object; `get`
 * answers `[value]` for a property that is not the object's own to show.
 *
 * The target of the Proxy has no property of its own. Browsers compare each answer of a trap with what the target has, and for
 * that a style computes the property: it would take three times as long as to set it.
 */
export function facades(set, get, remove) {
  const traps = {
    __proto__: null,
    get: (target, key) => {
      const object = behind(target);
      const answer = get?.(object, key);
      return answer ? answer[0] : object[key];
    },
    set: (target, key, value) => {
      const object = behind(target);
      if (isObject(value) && key in object) value = text(value);
      if (!set(object, key, value)) object[key] = value;
      return true;
    },
    has: (target, key) => key in behind(target),
    defineProperty: (target, key, found) => {
      const object = behind(target);
      if ('value' in found) found = { ...found, value: text(found.value) };
      return set(object, key, found.value) || defineProperty(object, key, found);
    },
    deleteProperty: (target, key) => {
      const object = behind(target);
      remove?.(object, key);
      return delete object[key];
    },
    ownKeys: (target) => ownKeys(behind(target)),
    getOwnPropertyDescriptor: (target, key) => {
      const found = descriptor(behind(target), key);
      // What can't be changed any more must be the target's own too (ECMA-262, 10.5.5).
      if (found && !found.configurable) defineProperty(target, key, { ...found });
      return found;
    },
    getPrototypeOf: (target) => getPrototypeOf(behind(target)),
    setPrototypeOf: (target, prototype) => setPrototypeOf(behind(target), prototype),
    // As with every object whose properties have names of the page's choosing (Web IDL, 3.9.5).
    preventExtensions: () => false,
  };
  return (object) => {
    let made = Faced.of(object);
    if (!made) {
      made = new Proxy(new Front({}, object), traps);
      new Faced(object, made);
      new Front(made, object);
    }
    return made;
  };
}

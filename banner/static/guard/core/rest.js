// The rest of the guard: what it does about what is held, and about a choice. Most of the first page of a visit is over
// before anybody needs it, so it comes with the guard's file (see file.js); elsewhere it is here from the beginning.

import { learn } from './facts.js';
import { factory } from './file.js';

/** The guard's own parts, with which the rest works: see ../main.js and ../rest/parts.js. */
export const parts = /** @type {any} */ ({});

let made;

/** The rest. Where it has to be fetched, the page waits; where it can't be had this throws, and what was asked is held. */
export function rest() {
  learn();
  made ??= factory()(parts, self);
  return made;
}

/** Whether the rest has had anything to do. */
export const isAtWork = () => !!made;

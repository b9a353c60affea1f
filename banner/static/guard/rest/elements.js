// Elements that are held: they keep what they were given under another name, and do nothing with it.

import {
  Map,
  Set,
  String,
  construct,
  getAttribute,
  given,
  isPreload,
  nameOf,
  removeAttribute,
  setAttribute,
  setImage,
} from './parts.js';
import { documented, documentedLater } from './documents.js';
import { framed } from './rewriting.js';
import { inPlaceOf } from './vouching.js';

const EMPTY_IMAGE = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

/** Held elements that may never have been in the document, as a pixel made by `new Image`: at most this many. */
const MOST_LOOSE = 200;
export const loose = new Set();

/** Whether an element is a script whose type keeps it from being one: our doing or the page's. */
const isNoScript = (node) => nameOf(node) == 'script' && getAttribute(node, 'type') == 'text/plain';

/** An attribute gets a value that is not held: what it had before is forgotten. */
export function forget(node, name) {
  removeAttribute(node, 'data-hb-' + name);
  if (isNoScript(node)) {
    const type = getAttribute(node, 'data-hb-type');
    removeAttribute(node, 'data-hb-type');
    type ? setAttribute(node, 'type', type) : removeAttribute(node, 'type');
  }
  const relation = name != 'rel' && getAttribute(node, 'data-hb-rel');
  if (!relation) return;
  setAttribute(node, 'rel', relation);
  removeAttribute(node, 'data-hb-rel');
}

/** Makes the element inert as far as this attribute goes. */
export function hold(node, name, value) {
  name = name.toLowerCase();
  setAttribute(node, 'data-hb-' + name, value);
  if (getAttribute(node, 'data-hb') == null) {
    setAttribute(node, 'data-hb', '');
    // Another consent tool may have given it this type, and its own choice stands.
    if (isNoScript(node) && getAttribute(node, 'data-hb-type') == null) setAttribute(node, 'data-hb-type', 'text/plain');
  }
  removeAttribute(node, name);
  // Browsers warn of a preload without an address.
  const relation = nameOf(node) == 'link' && getAttribute(node, 'rel');
  if (isPreload(relation)) hold(node, 'rel', relation);
  if (loose.size < MOST_LOOSE) loose.add(node);
  // A page may wait for a pixel to load before it goes on.
  if (name == 'src' && nameOf(node) == 'img') setImage(node, EMPTY_IMAGE);
}

/** `new Audio` of a held address. */
export function heldAudio(native, url) {
  const audio = construct(native, []);
  audio.src = url;
  return [audio];
}

/** Remembers that a property of a node was given `own`, and has `other`. */
function exchange(node, name, own, other) {
  if (!given.has(node)) given.set(node, new Map());
  given.get(node).set(name, [own, other]);
}

/** Exchanges the argument at this place, of which the page goes on to read what it wrote. */
function put(node, args, at, name, make) {
  const own = String(args[at]);
  const made = inPlaceOf(own, make, name == 'srcdoc' ? 'HTML' : 'ScriptURL');
  if (made == own) return;
  exchange(node, name, own, String(made));
  args[at] = made;
}

/**
 * An attribute is about to get the document that an element shows, or the address of one that is written: the document
 * gets the guard in front. Answers `[]` where it is set later.
 */
export function showsDocument(node, args, at, name, value) {
  if (name == 'srcdoc') return void put(node, args, at, name, framed);
  try {
    put(node, args, at, name, documented);
  } catch {
    // It is shown when it was read; what can't be read has no guard, and is not shown.
    documentedLater(value, (url) => {
      exchange(node, name, value, url);
      setAttribute(node, name, url);
    });
    return [];
  }
}

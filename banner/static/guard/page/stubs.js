// What sites call of a tracker that is held: its scripts would have defined it, and nothing must throw for want of it.

import {
  Map,
  Object,
  Promise,
  Proxy,
  WeakMap,
  WeakSet,
  defineProperty,
  doc,
  method,
  setTimeout,
  whenIdle,
} from '../core/natives.js';
import { FRAMES, countFrames, enterFrame } from '../realms/frames.js';

const MOST_CALLS = 200;
const TOLD = /^(event_?callback|hitCallback)$/i;

/** Our stand-ins by name, each with the services for which it stands and what it has put aside. */
export const stubs = new Map();
/** What was called of them, made by them and set on them, in order, to be done again with what takes their place. */
export const recorded = [];
/** What a stand-in is: the call of `recorded` that it answers, unless it is a vendor's own name, and its path from there. */
export const meant = new WeakMap();

/** A page may wait for the word that an event was sent before it goes on. */
function tell(args) {
  for (const arg of args) for (const key in arg) if (TOLD.test(key)) setTimeout(arg[key]);
}

/** Properties that say that a library is there: a snippet that finds one goes no further. */
const ABSENT = /^(_|loaded|version|initialized|invoked|toJSON$)/;
/** Questions, to which there is no answer: no feature is on, and no visitor has an id. */
const ASKS = /^(is|has|get|can|should)([A-Z_]|$)|^filter$/;
/** But these lead to an object. */
const LEADS_ON = /^get_?(instance|\w*tracker|group|user|people|\w*scope|\w*hub|client|player)$/i;
/** What is asked of objects that only their vendor can make. */
const SAYS = /^(is|has)([A-Z]|$)/;

/**
 * Any function of a vendor's and everything that hangs on it, `path` from the answer to the call `from`, or from the page.
 * Calls answer with more of the same. Where that is a page's way to an object of the vendor's, such as a player, `objects`,
 * its questions do so too, and its promises wait for the vendor; any other promise is kept, with nothing.
 */
function recorder(objects, from, ...path) {
  const record = (how, args, at = path) => {
    const call = { name: from?.name ?? path[0], from, how, path: at, args };
    if (recorded.length < MOST_CALLS) recorded.push(call);
    return call;
  };
  const own = new Map();
  const made = new Proxy(function () {}, {
    get(target, key) {
      if (own.has(key)) return own.get(key);
      if (typeof key == 'symbol' || key in Object.prototype) return target[key];
      if (/^(then|catch|finally)$/.test(key)) {
        // What may be a promise: the answer to a call, and what hangs on an object. Others would be waited for in vain.
        if (!from || (from.how == 'construct' && !path.length)) return;
        if (!objects) return (...args) => Promise.resolve()[key](...args);
      }
      // Segment's snippet takes `initialize` for the library.
      if (ABSENT.test(key) || (key == 'initialize' && path[0] == 'analytics')) return;
      return recorder(objects, from, ...path, key);
    },
    set(_, key, value) {
      record('set', [value], [...path, key]);
      return !!own.set(key, value);
    },
    apply(_, self, args) {
      tell(args);
      const call = record('apply', args);
      const name = path.at(-1);
      if (LEADS_ON.test(name) || !(objects ? SAYS : ASKS).test(name)) return recorder(objects, call);
    },
    construct: (_, args) => recorder(objects, record('construct', args)),
  });
  meant.set(made, [from, path]);
  return made;
}

function gtag() {
  tell(arguments);
  (self.dataLayer ??= []).push(arguments);
}

/** The page's global object, which takes any name.
 *
 * @type {any} */
const page = self;

/**
 * Defines what `told` names, for a service: `x`, a list `x[]`, or `x()`, the calls of which answer with objects. Where an
 * inline script of it is held, `overrules` what defines the name already, or later, unless the name is a word of any script.
 */
function define(told, service, overrules) {
  const [, name, kind] = /^(.*?)(\[\]|\(\))?$/.exec(told);
  const isList = kind == '[]';
  overrules &&= !isList && name.length > 2;
  const known = stubs.get(name);
  if (known) known.services.push(service);
  if (known ? !overrules || known.overrules : name in self && !overrules) return;
  if (isList) return void (page[name] = []);
  const made = known ?? { stub: name == 'gtag' ? gtag : recorder(kind == '()', undefined, name), services: [service] };
  stubs.set(name, made);
  if (!overrules) return void (page[name] = made.stub);
  // The library may be the site's own file: without its beginning, which is held, it throws where the site calls it.
  if (name in self && self[name] != made.stub) made.aside = [self[name]];
  made.overrules = true;
  defineProperty(self, name, {
    get: () => made.stub,
    set: (value) => void (made.aside = [value]),
    enumerable: true,
    configurable: true,
  });
}

/** Defines what a held script would have, which stands in its markup by service. */
function defineAll(told, overrules) {
  for (const each of told.split(' ')) {
    const [service, names] = each.split('=');
    for (const name of names.split(',')) define(name, service, overrules);
  }
}

const findAll = method(doc, 'querySelectorAll');

/**
 * Enters frames, and defines what the page's scripts expect of held services, as soon as the parser has put a frame or a held
 * script into the page, before the next script runs. What is new is asked of the browser: to look at each node that is added
 * takes ten times as long.
 */
export function watch() {
  const known = new WeakSet();
  let frames = 0;
  const observer = new MutationObserver(() => {
    for (const script of findAll(doc, 'script[data-hb-names]')) {
      if (known.has(script)) continue;
      known.add(script);
      defineAll(script.getAttribute('data-hb-names'), script.getAttribute('data-hb-src') == null);
    }
    if (frames == countFrames(self)) return;
    frames = countFrames(self);
    for (const frame of findAll(doc, FRAMES)) enterFrame(frame);
  });
  observer.observe(doc, { childList: true, subtree: true });
  addEventListener('DOMContentLoaded', () => observer.disconnect());
  // What a frame waits for may never come, as after 204, or not before the visitor has scrolled there.
  addEventListener('load', () => {
    for (const frame of findAll(doc, FRAMES)) whenIdle(() => enterFrame(frame, true));
  });
}

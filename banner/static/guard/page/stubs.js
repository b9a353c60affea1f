// What sites call of a tracker that is held: its scripts would have defined it, and nothing must throw for want of it.

import { Map, Proxy, defineProperty, doc, setTimeout } from '../core/natives.js';
import { config } from '../core/facts.js';
import { enter } from '../realms/frames.js';

const MOST_CALLS = 200;
const LISTS = /^(dataLayer|_paq|_hsq|uetq)$/;
const TOLD = /^(event_?callback|hitCallback)$/i;

/**
 * Our stand-ins by name, each with the services for which it stands and what it has put aside; and what was called of them,
 * to be called again of what takes their place.
 */
export const stubs = new Map();
export const recorded = [];

/** A page may wait for the word that an event was sent before it goes on. */
function tell(args) {
  for (const arg of args) for (const key in arg) if (TOLD.test(key)) setTimeout(arg[key]);
}

/**
 * Any function of a vendor's and everything that hangs on it. What it answers is nothing, but for the ways to the vendor's
 * main object; it has no properties that say that a library is there.
 */
const recorder = (...path) =>
  new Proxy(function () {}, {
    get: (target, key) =>
      key in target
        ? target[key]
        : typeof key == 'symbol' || /^(_|then$|loaded|version|initialize|invoked)/.test(key)
          ? undefined
          : recorder(...path, key),
    apply: (_, self, args) => {
      tell(args);
      if (recorded.length < MOST_CALLS) recorded.push([path, args]);
      if (/^(init|getInstance)$/.test(path.at(-1))) return recorder(path[0]);
    },
    construct: () => recorder(''),
  });

function gtag() {
  tell(arguments);
  (self.dataLayer ??= []).push(arguments);
}

/** The page's global object, which takes any name.
 *
 * @type {any} */
const page = self;

/** Defines a name for a service. Where an inline script of it is held, `overrules` what defines the name already, or later. */
function define(name, service, overrules) {
  const known = stubs.get(name);
  if (known) known.services.push(service);
  if (known ? !overrules || known.overrules : name in self && (!overrules || LISTS.test(name))) return;
  if (LISTS.test(name)) return void (page[name] = []);
  const made = known ?? { stub: name == 'gtag' ? gtag : recorder(name), services: [service] };
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

/** Defines what the pages' scripts expect of held services as soon as a script of theirs was to be, before the next one runs. */
export function watch() {
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of /** @type {NodeListOf<any>} */ (addedNodes)) {
        if (node.contentWindow) enter(node.contentWindow);
        const services = node.localName == 'script' && node.getAttribute('data-hb');
        const inline = services && node.getAttribute('data-hb-src') == null;
        if (services)
          for (const id of services.split(' ')) {
            for (const name of config.globals?.[id]?.split(' ') ?? []) define(name, id, inline);
          }
      }
    }
  });
  observer.observe(doc, { childList: true, subtree: true });
  addEventListener('DOMContentLoaded', () => observer.disconnect());
}

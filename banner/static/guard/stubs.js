// What sites call of a tracker that is held: its scripts would have defined it, and nothing must throw for want of it.

import { Map, Proxy, doc, setTimeout } from './natives.js';
import { config } from './facts.js';
import { enter } from './frames.js';

const MOST_CALLS = 200;
const LISTS = /^(dataLayer|_paq|_hsq|uetq)$/;
const TOLD = /^(event_?callback|hitCallback)$/i;

/** Our stand-ins by name, and what was called of them, to be called again of what takes their place. */
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
      key in target ? target[key] : typeof key == 'symbol' || /^(_|then$|loaded|version|initialize|invoked)/.test(key) ? undefined : recorder(...path, key),
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

function define(name) {
  if (name in self) return;
  self[name] = LISTS.test(name) ? [] : name == 'gtag' ? gtag : recorder(name);
  if (!LISTS.test(name)) stubs.set(name, self[name]);
}

/** Defines what the pages' scripts expect of held services as soon as a script of theirs was to be, before the next one runs. */
export function watch() {
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (node.contentWindow) enter(node.contentWindow);
        const services = node.localName == 'script' && node.getAttribute('data-hb');
        if (services) for (const id of services.split(' ')) config.globals?.[id]?.split(' ').forEach(define);
      }
    }
  });
  observer.observe(doc, { childList: true, subtree: true });
  addEventListener('DOMContentLoaded', () => observer.disconnect());
}

const SIGNALS = {
  analytics: 'analytics_storage',
  marketing: 'ad_storage ad_user_data ad_personalization',
  preferences: 'functionality_storage personalization_storage',
};

/** Google's Consent Mode v2, basic: its tags are told what was granted, before they run. */
export function signal(granted, verb) {
  const state = { security_storage: 'granted' };
  for (const purpose in SIGNALS) {
    for (const name of SIGNALS[purpose].split(' ')) state[name] = granted.includes(purpose) ? 'granted' : 'denied';
  }
  const list = (self.dataLayer ??= []);
  const say = (function () { return arguments; })('consent', verb, state);
  if (verb == 'default') list.unshift(say);
  else list.push(say);
}

// What was held, kept for the case that the visitor agrees: page memory only, bounded, gone with the page.

import { Map } from './natives.js';
import { config, held, heldCookie, heldKey } from './facts.js';

const MOST_CALLS = 100;
const MOST_BYTES = 262144;

let calls = [];
let bytes = 0;

/** Held writes by cookie (name and domain), and held values by storage area and key. */
export const cookies = new Map();
export const values = new Map();

/** Keeps one call for later. A visitor who has said no is not asked again, so nothing is kept for them. */
export function keep(url, size, send) {
  if (!config.ask || calls.length >= MOST_CALLS || bytes + size > MOST_BYTES) return;
  bytes += size;
  calls.push([url, send]);
}

/** Carries out what is no longer held, in the order in which it came, and forgets the rest: the visitor has answered. */
export function settle(writeCookie, writeValue) {
  const waiting = calls;
  calls = [];
  bytes = 0;
  for (const [name, text] of cookies.values()) if (!heldCookie(name)) writeCookie(text);
  for (const [area, pairs] of values) {
    for (const [key, value] of pairs) if (!heldKey(key)) writeValue(area, key, value);
  }
  cookies.clear();
  values.clear();
  for (const [url, send] of waiting) {
    try {
      if (!held(url)) send();
    } catch {}
  }
}

// What was held, kept for the case that the visitor agrees: page memory only, bounded, gone with the page.

import { Date, Map, String, WeakSet } from './natives.js';
import { config, isOurs } from './facts.js';

const MOST_CALLS = 100;
const MOST_BYTES = 262144;

let calls = [];
let bytes = 0;

/** Scripts that came to life because the visitor agreed. */
export const released = new WeakSet();

/** Held writes by cookie (name and domain), and held values by storage area and key. */
export const cookies = new Map();
export const values = new Map();

/**
 * Keeps one call for later. A visitor who has said no is not asked again, so nothing is kept for them. We are told how long
 * a call to us has waited, in milliseconds, so that events keep their times.
 *
 * @param {string} url
 * @param {number} size
 * @param {(waited?: string) => Promise<Response> | undefined | void} send
 */
export function keep(url, size, send) {
  if (!config.ask || calls.length >= MOST_CALLS || bytes + size > MOST_BYTES) return;
  bytes += size;
  const began = Date.now();
  calls.push([url, () => (isOurs(url) ? send(String(Date.now() - began)) : send())]);
}

/** The calls that were kept, which are forgotten here. */
export function kept() {
  const waiting = calls;
  calls = [];
  bytes = 0;
  return waiting;
}

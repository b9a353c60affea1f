// What was held, kept for the case that the visitor agrees: page memory only, bounded, gone with the page.

import { String, config, isOurs } from './parts.js';

const MOST_CALLS = 100;
const MOST_BYTES = 262144;

let calls = [];
let bytes = 0;

/**
 * Keeps one call for later. A visitor who has said no is not asked again, so nothing is kept for them. We are told how long
 * a call to us has waited, in milliseconds, so that events keep their times.
 *
 * @param {string} url
 * @param {number} size
 * @param {(waited?: string) => Promise<Response> | undefined | void} send
 */
export function keep(url, size, send) {
  if (!config().ask || calls.length >= MOST_CALLS || bytes + size > MOST_BYTES) return;
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

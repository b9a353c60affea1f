// Short digests, under which a page carries what would outweigh it as text (see banner/guard/digests.py for the encoding).

import { Object } from './natives.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** One pass over the text; 32 bits. */
function mixed(text, hash, prime) {
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), prime);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** The first 18 bits of a digest. */
export const brief = (text) => mixed(text, 0x811c9dc5, 0x01000193) >>> 14;

/** 42 bits of a place in seven characters: with 1,000 places held, one URL in four thousand million is held by mistake. */
export function digest(text) {
  const head = mixed(text, 0x811c9dc5, 0x01000193);
  const tail = mixed(text, 0x9747b28c, 0x5bd1e995);
  let out = '';
  for (let shift = 26; shift > 7; shift -= 6) out += ALPHABET[(head >>> shift) & 63];
  for (let shift = 26; shift > 13; shift -= 6) out += ALPHABET[(tail >>> shift) & 63];
  return out;
}

/** The digests as keys: 64 groups by their first character, each digest without it. No page can redefine a look-up. */
export function decoded(text) {
  const digests = Object.create(null);
  text.split(',').forEach((group, first) => {
    for (let at = 0; at < group.length; at += 6) digests[ALPHABET[first] + group.slice(at, at + 6)] = true;
  });
  return digests;
}

/** The brief digests of an outline as keys. It has the gaps between them, in Rice's code: see banner/guard/digests.py. */
export function unfolded(text) {
  const digests = Object.create(null);
  const low = ALPHABET.indexOf(text[0]);
  let at = 1;
  let bits = 0;
  let count = 0;
  const taken = (many) => {
    for (; count < many; count += 6) bits = (bits << 6) | ALPHABET.indexOf(text[at++]);
    count -= many;
    return (bits >> count) & ((1 << many) - 1);
  };
  for (let last = -1; ; ) {
    let often = 0;
    while (at <= text.length && taken(1)) often++;
    last += (often << low) + taken(low) + 1;
    if (at > text.length) return digests;
    digests[last] = true;
  }
}

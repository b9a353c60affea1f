// What makes a browser fetch something of its own accord: attributes by their names, and the addresses in their values.
// The names are those that the proxy goes by in markup; proxy/markup/judging/live.py says what each group of them is.

import LIVE from '../../../../proxy/rules/data/live-attributes.json';
import { Object, String } from '../core/natives.js';
import { held } from '../core/facts.js';
import { heldStyle } from './styles.js';

/** Any of these names, which spaces part. */
const any = (...names) => new RegExp(`^(${names.join('|').replace(/ /g, '|')})$`, 'i');
const PAINT = any(LIVE.paint);
const ANIMATION = any(LIVE.animation);
const LISTS = any(LIVE.addresses, LIVE.animation);

/** Names that are live on one element or another. In XML, any prefix may stand for XLink's. */
const WATCHED = any(...Object.values(LIVE), 'rel|srcdoc|on\\w+|\\w+:href');
/** What is known of names: pages set the same ones over and over. */
const watched = { __proto__: null };
let room = 500;

/** Whether an attribute is live on one element or another. */
export function isWatched(name) {
  const known = watched[name];
  if (known != undefined) return known;
  const found = WATCHED.test(name);
  if (room-- > 0) watched[name] = found;
  return found;
}

/**
 * Whether an attribute makes the browser fetch something of its own accord. `isForeign` says whether the element may be
 * SVG's or MathML's. What stands behind a `base` the proxy knows, and judges that; here it is the `base` that must not lead away.
 */
export function fetches(tag, name, isForeign) {
  tag = tag.toLowerCase();
  if (PAINT.test(name)) return isForeign();
  if (/^rel$/i.test(name)) return tag == 'link';
  if (/href$/i.test(name)) return tag == 'link' || tag == 'base' || (!/^a(rea)?$/.test(tag) && isForeign());
  if (ANIMATION.test(name)) return tag == 'set' || tag == 'animate';
  if (/^data$/i.test(name)) return tag == 'object';
  return isWatched(name) && (!tag.includes('-') || /^(style|on.*)$/i.test(name));
}

/** Whether this is the relation of a link that is fetched ahead. */
export const isPreload = (relation) => /preload/i.test(relation);

/** Whether the value of that attribute names something that is held. */
export function heldIn(name, value) {
  if (/srcset$/i.test(name)) return value.split(',').some((part) => held(part.trim().split(/\s/)[0]));
  if (/^(on|import$)/i.test(name)) return heldImport(value);
  if (/^style$/i.test(name) || PAINT.test(name)) return heldStyle(value);
  if (LISTS.test(name)) return value.split(/[\s;]+/).some(held);
  return !/^(srcdoc|rel)$/i.test(name) && held(value);
}

/** What a script says (strings, which may look like comments), and comments that can't be a part of an address. */
const COMMENTS =
  /("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\.)*`?)|(?<=^|[\s;{}(),])(?:\/\*.*?(?:\*\/|$)|\/\/[^\n]*)/gs;
/** How a script writes a letter by its number: \x68, \u0068, \u{68}. */
const BY_NUMBER = /\\(x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+)\}?/gi;
const byNumber = (_, code) => String.fromCodePoint(parseInt(code.replace(/\W|x|u/gi, ''), 16));

/**
 * The held address of which the text of a script is a module, or rules for fetching ahead, if there is one. Whatever stands
 * behind a quotation mark may be one: a regular expression may have any number of them.
 */
export function heldImport(text) {
  if (!/\b(import|from|urls)\b/.test(text)) return;
  text = text
    .replace(COMMENTS, (_, kept = ' ') => kept)
    .replace(BY_NUMBER, byNumber)
    .replace(/\\/g, '');
  for (const [, quoted] of text.matchAll(/["'`]([^"'`\s]+)/g)) {
    const found = held(quoted);
    if (found) return found;
  }
}

/** Whether an address has what it shows within itself, or within this page. */
export const isWritten = (url) => /^\s*(blob|data|javascript):/i.test(url);

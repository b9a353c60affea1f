// Markup as text: held addresses in it are put under other names, and documents in it get the guard in front, before the
// browser parses any of it.

import {
  JSON,
  config,
  createElement,
  doc,
  factory,
  fetches,
  guard,
  heldImport,
  heldIn,
  heldStyle,
  isPreload,
  mentions,
  nonce,
  trusted,
  writeInner,
} from './parts.js';
import { inPlaceOf } from './vouching.js';

/** The whole guard as the text of a script. `more` goes into its configuration. */
export const source = (more) => `(${guard})(${JSON.stringify({ ...config(), file: undefined, ...more })},0,${factory()})`;

/** What a document may begin with before its guard. Behind that a doctype would be none, and the page in quirks mode. */
const BEFORE = /^\s*(<!-{2}[^<>]*-->\s*)*(<!doctype[^>]*>)?/i;

/** The document of a frame: with the guard in front, as the proxy puts it into documents. */
export function framed(markup) {
  if (!/<|&/.test(markup)) return markup;
  const [before] = markup.match(BEFORE);
  const first = `<script${nonce ? ` nonce="${nonce}"` : ''}>${source()}</script>`;
  return before + first + rewritten(markup.slice(before.length), false);
}

const TAG = /<([a-z][^\s/>]*)/gi;
/** One attribute, or the end of the tag (HTML, "before attribute name state" and on). */
const PART = /([\s/]*)(?:>|(=?[^\s/>=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]*))?)/y;

/** An attribute's value with its character references resolved: by the browser, in an element that fetches nothing. */
function resolved(quoted) {
  const text = quoted.replace(/^(["'])(.*)\1$/s, '$2');
  if (!text.includes('&')) return text;
  const area = createElement(doc, 'textarea');
  writeInner(area, trusted(text));
  return area.value;
}

const quote = (text) => `"${text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;

/** One attribute of a tag as it may be, and whether it was held. */
function attribute(tag, foreign, [all, space, name, equals, quoted]) {
  if (!equals || !fetches(tag, name, () => foreign)) return [all];
  const value = resolved(quoted);
  if (/^srcdoc$/i.test(name)) return [space + name + equals + quote(framed(value))];
  return heldIn(name, value) ? [space + 'data-hb-' + all.slice(space.length), true] : [all];
}

/** Whether an attribute waits where another of its tag is held: a script gets another type, a preload has no address. */
const waitsToo = (tag, [, , name, , value]) =>
  (/^script$/i.test(tag) && /^type$/i.test(name)) || (/^link$/i.test(tag) && /^rel$/i.test(name) && isPreload(value));

/**
 * The markup with every held URL in it made inert, and where a tag in it is not ended: its beginning. Whatever this takes
 * for a tag and is none keeps its meaning. `foreign`: it may stand within SVG or MathML; behind one of their tags all may.
 *
 * @returns {[string, number?]}
 */
export function scanned(markup, foreign = true) {
  let out = '';
  let done = 0;
  TAG.lastIndex = 0;
  for (let tag; (tag = TAG.exec(markup)); ) {
    const start = tag.index;
    const [open, name] = tag;
    let found,
      part,
      other,
      inert = '';
    foreign ||= /^(svg|math)$/i.test(name);
    for (PART.lastIndex = TAG.lastIndex; (part = PART.exec(markup)) && part[2]; ) {
      const [text, isHeld] = attribute(name, foreign, part);
      if (waitsToo(name, part)) other ??= inert.length + part[1].length;
      inert += text;
      found ||= isHeld;
    }
    if (!part) return [out + markup.slice(done), start - done + out.length];
    if (found) {
      if (other != undefined) inert = inert.slice(0, other) + 'data-hb-' + inert.slice(other);
      inert = (/^script$/i.test(name) ? ' type="text/plain"' : '') + ' data-hb=""' + inert;
    }
    out += markup.slice(done, start) + open + inert + part[0];
    TAG.lastIndex = done = PART.lastIndex;
  }
  return [out + markup.slice(done)];
}

/** Elements whose text is style or script. */
const TEXTS = /<(style|script)((?:(?!<(?:style|script))[^>])*)>(.*?)(?=<\/\1|$)/gis;

/** One of them as it may be. */
function text(all, name, attributes, content) {
  if (/^style$/i.test(name)) return heldStyle(content) ? `<${name}${attributes}>` : all;
  const url = !/data-hb/.test(attributes) && heldImport(content);
  if (!url) return all;
  return `<script data-hb="" data-hb-import=${quote(url)} type="text/plain"${attributes.replace(/(\s)type(\s*=)/i, '$1data-hb-type$2')}>${content}`;
}

/** The markup with everything that is held in it made inert. */
export const rewritten = (markup, foreign) => (mentions(markup) ? scanned(markup, foreign)[0].replace(TEXTS, text) : markup);

/** The same for what a page is about to have parsed. */
export const inert = (markup, foreign) => inPlaceOf(markup, (text) => rewritten(text, foreign), 'HTML');

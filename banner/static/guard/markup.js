// Markup that scripts write: held URLs in it are put under other names before the browser parses it, and nodes that
// come from other documents, where nobody looked at them, are looked at before they enter this one.

import { ALL, String, WeakMap, doc, kind, setter, trusted, wrap, wrapAccessor } from './natives.js';
import { held, mentions } from './facts.js';
import { fetches, heldImport, nameOf, heldIn, holdsChildren, sweep } from './elements.js';
import { framed } from './documents.js';
import { enterFrames } from './frames.js';
import { heldStyle } from './styles.js';
import { released } from './queue.js';

const TAG = /<([a-z][^\s/>]*)/gi;
/** One attribute, or the end of the tag (HTML, "before attribute name state" and on). */
const PART = /([\s/]*)(?:>|(=?[^\s/>=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]*))?)/y;
const writeInner = setter(kind(self, 'Element'), 'innerHTML');

/** An attribute's value with its character references resolved: by the browser, in an element that fetches nothing. */
function resolved(quoted) {
  const text = quoted.replace(/^(["'])(.*)\1$/s, '$2');
  if (!text.includes('&')) return text;
  const area = doc.createElement('textarea');
  writeInner(area, trusted(text));
  return area.value;
}

const quote = (text) => `"${text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;

/** One attribute of a tag as it may be, and whether it was held. */
function attribute(tag, [all, space, name, equals, quoted]) {
  if (!equals || !fetches(tag, name)) return [all];
  const value = resolved(quoted);
  if (/^srcdoc$/i.test(name)) return [space + name + equals + quote(framed(value))];
  return heldIn(name, value) ? [space + 'data-hb-' + all.slice(space.length), true] : [all];
}

/**
 * The markup with every held URL in it made inert, and where a tag in it is not ended: its beginning. Whatever this takes
 * for a tag and is none keeps its meaning.
 */
export function scanned(markup) {
  let out = '';
  let done = 0;
  TAG.lastIndex = 0;
  for (let tag; (tag = TAG.exec(markup)); ) {
    const start = tag.index;
    let [open, name] = tag;
    let found, part, inert = '';
    for (PART.lastIndex = TAG.lastIndex; (part = PART.exec(markup)) && part[2]; ) {
      const [text, isHeld] = attribute(name, part);
      inert += text;
      found ||= isHeld;
    }
    if (!part) return [out + markup.slice(done), start - done + out.length];
    if (found) {
      inert = ' data-hb=""' + inert;
      if (/^script$/i.test(name)) inert = ' type="text/plain"' + inert.replace(/(\s)type(\s*=)/i, '$1data-hb-type$2');
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
export const rewritten = (markup) =>
  mentions(markup)
    ? scanned(markup)[0].replace(TEXTS, text)
    : markup;

/** Exchanges the argument at this place where something in it is held; a TrustedHTML that is harmless stays one. */
const rewrites = (at) => (node, args) => {
  const markup = String(args[at]);
  const inert = nameOf(node) == 'style' ? (heldStyle(markup) ? '' : markup) : rewritten(markup);
  if (inert != markup) args[at] = trusted(inert);
};

/** Beginnings of tags and of style sheets that were written to documents, whose ends are to come. */
const begun = new WeakMap();

/**
 * `document.write` by a script that was released when the page had long been parsed would wipe the page out (HTML,
 * "document write steps"): what it writes goes where it would have gone, behind the script.
 */
function writes(document, args) {
  const given = args.join('');
  let markup = (begun.get(document) ?? '') + given;
  let [whole, end] = scanned(markup);
  const closed = whole.toLowerCase().lastIndexOf('</style') + 1;
  const sheet = whole.slice(closed).search(/<style/i);
  if (sheet >= 0) end = Math.min(closed + sheet, end ?? whole.length);
  begun.set(document, end == null ? '' : whole.slice(end));
  markup = rewritten(end == null ? markup : whole.slice(0, end));
  const script = document.currentScript;
  if (script && released.has(script)) {
    script.after(document.createRange().createContextualFragment(trusted(markup)));
    return [];
  }
  if (args.length > 1 || markup != given) args.splice(0, args.length, trusted(markup));
}

function holdParsing(w) {
  const wrote = () => enterFrames(w);
  const { Document, Element } = w;
  for (const name of ['Element', 'ShadowRoot']) {
    wrapAccessor(kind(w, name), 'innerHTML', { set: rewrites(0), wrote });
    wrap(kind(w, name), 'setHTMLUnsafe setHTML', rewrites(0), wrote, [0]);
  }
  wrapAccessor(Element.prototype, 'outerHTML', { set: rewrites(0), wrote });
  wrap(Element.prototype, 'insertAdjacentHTML insertAdjacentText', rewrites(1), wrote, [0, 1]);
  wrap(kind(w, 'Range'), 'createContextualFragment', rewrites(0), undefined, [0]);
  wrap(Document, 'parseHTMLUnsafe parseHTML', rewrites(0), undefined, [0]);
  wrap(Document.prototype, 'execCommand', (_, args) => (held(args[2]) ? [false] : rewrites(2)(null, args)), wrote, [0, 2]);
  wrap(Document.prototype, 'write writeln', writes, wrote, ALL);
  wrap(kind(w, 'XSLTProcessor'), 'transformToFragment', undefined, sweep);
}

const INSERTING = {
  Node: 'appendChild insertBefore replaceChild',
  Element: 'append prepend replaceChildren before after replaceWith insertAdjacentElement moveBefore',
  Document: 'append prepend replaceChildren',
  DocumentFragment: 'append prepend replaceChildren',
  CharacterData: 'before after replaceWith',
  Range: 'insertNode surroundContents',
};

/** Nodes made in this document have met the guard already; only those of another document can bring something. */
function holdInsertion(w) {
  const foreign = (self, nodes) => {
    for (const node of nodes) if (node?.ownerDocument && node.ownerDocument != w.document) sweep(node);
    return holdsChildren(self, nodes);
  };
  const wrote = () => enterFrames(w);
  for (const name in INSERTING) wrap(kind(w, name), INSERTING[name], foreign, wrote, ALL);
  wrap(w.Document.prototype, 'adoptNode', (_, [node]) => sweep(node));
  wrap(w.Document.prototype, 'importNode', undefined, sweep);
}

/** Stands in front of everything in a window's realm that turns text or foreign nodes into elements. */
export function holdMarkup(w) {
  if (!w.Element) return;
  holdParsing(w);
  holdInsertion(w);
}

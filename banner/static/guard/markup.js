// Markup that scripts write: held URLs in it are put under other names before the browser parses it, and nodes that
// come from other documents, where nobody looked at them, are looked at before they enter this one.

import { JSON, String, doc, setter, wrap, wrapAccessor } from './natives.js';
import { config, mentions } from './facts.js';
import { fetches, heldIn, heldStyle, hold } from './elements.js';
import { enterFrames } from './frames.js';
import { wasReleased } from './release.js';

const TAG = /<([a-z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)/g;
const writeInner = setter(self.Element?.prototype, 'innerHTML');
const nonce = doc?.currentScript?.nonce;

/** This guard as the text of a script, for the realms that it can't reach otherwise. */
export const source = () => `(${HOLDBACK})(${JSON.stringify(config)})`;

/** An attribute's value with its character references resolved: by the browser, in an element that fetches nothing. */
function resolved(quoted) {
  const text = quoted.replace(/^(["'])(.*)\1$/s, '$2');
  if (!text.includes('&')) return text;
  const area = doc.createElement('textarea');
  writeInner(area, text);
  return area.value;
}

/** The markup with every held URL in it made inert. Whatever this takes for a tag and is none keeps its meaning. */
export function rewritten(markup) {
  if (!mentions(markup)) return markup;
  return markup.replace(TAG, (tag, name, attributes) => {
    let found = false;
    const inert = attributes.replace(ATTRIBUTE, (all, attribute, equals, quoted) => {
      if (!fetches(name, attribute)) return all;
      const value = resolved(quoted);
      if (attribute.toLowerCase() == 'srcdoc') return attribute + equals + quote(framed(value));
      if (!heldIn(attribute, value)) return all;
      found = true;
      return 'data-hb-' + all;
    });
    if (!found) return `<${name}${inert}>`;
    if (name.toLowerCase() != 'script') return `<${name} data-hb=""${inert}>`;
    return `<${name} data-hb="" type="text/plain"${inert.replace(/(\s)type(\s*=)/i, '$1data-hb-type$2')}>`;
  });
}

const quote = (text) => `"${text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;

/** The document of a frame that a script writes: with the guard in front, as the proxy puts it into documents. */
export const framed = (markup) =>
  /<|&/.test(markup) ? `<script${nonce ? ` nonce="${nonce}"` : ''}>${source()}</script>${rewritten(markup)}` : markup;

/** Makes everything that is held in a tree inert. */
export function sweep(root) {
  const all = root.querySelectorAll?.('[src],[srcset],[imagesrcset],[data],[poster],[background],[style],[href],style') ?? [];
  for (const node of [root, ...all]) {
    if (node.localName == 'style' && heldStyle(node.textContent)) node.textContent = '';
    for (const { name, value } of [...(node.attributes ?? [])]) {
      if (fetches(node.localName, name) && heldIn(name, value)) hold(node, name, value);
    }
  }
}

/** Exchanges the argument at this place where something in it is held; a TrustedHTML that is harmless stays one. */
const rewrites = (at) => (_, args) => {
  const markup = String(args[at]);
  const inert = rewritten(markup);
  if (inert != markup) args[at] = inert;
};

/**
 * `document.write` by a script that was released when the page had long been parsed would wipe the page out (HTML,
 * "document write steps"): what it writes goes where it would have gone, behind the script.
 */
function writes(document, args) {
  const markup = rewritten(args.join(''));
  const script = document.currentScript;
  if (wasReleased(script)) {
    script.after(document.createRange().createContextualFragment(markup));
    return [];
  }
  if (args.length > 1 || markup != String(args[0])) args.splice(0, args.length, markup);
}

function holdParsing(w) {
  const wrote = () => enterFrames(w);
  const { Document, Element, Range, ShadowRoot } = w;
  for (const { prototype } of [Element, ShadowRoot]) {
    wrapAccessor(prototype, 'innerHTML', { set: rewrites(0), wrote });
    wrap(prototype, 'setHTMLUnsafe', rewrites(0), wrote);
  }
  wrapAccessor(Element.prototype, 'outerHTML', { set: rewrites(0), wrote });
  wrap(Element.prototype, 'insertAdjacentHTML', rewrites(1), wrote);
  wrap(Range.prototype, 'createContextualFragment', rewrites(0));
  for (const name of ['write', 'writeln']) wrap(Document.prototype, name, writes, wrote);
}

const INSERTING = {
  Node: 'appendChild insertBefore replaceChild',
  Element: 'append prepend replaceChildren before after replaceWith insertAdjacentElement',
  Document: 'append prepend replaceChildren',
  DocumentFragment: 'append prepend replaceChildren',
  CharacterData: 'before after replaceWith',
  Range: 'insertNode surroundContents',
};

/** Nodes made in this document have met the guard already; only those of another document can bring something. */
function holdInsertion(w) {
  const foreign = (_, args) => {
    for (const node of args) if (node?.ownerDocument && node.ownerDocument != w.document) sweep(node);
  };
  const wrote = () => enterFrames(w);
  for (const kind in INSERTING) {
    for (const name of INSERTING[kind].split(' ')) wrap(w[kind].prototype, name, foreign, wrote);
  }
  for (const name of ['importNode', 'adoptNode']) wrap(w.Document.prototype, name, undefined, sweep);
}

/** Stands in front of everything in a window's realm that turns text or foreign nodes into elements. */
export function holdMarkup(w) {
  if (!w.Element) return;
  holdParsing(w);
  holdInsertion(w);
}

// What scripts put into the page: markup is rewritten before the browser parses it, and nodes that come from other
// documents, where nobody looked at them, are looked at before they enter this one.

import { ALL, String, WeakMap, kind, trusted, wrap, wrapAccessor } from '../core/natives.js';
import { held } from '../core/facts.js';
import { holdsChildren, nameOf, sweep } from './elements.js';
import { enterFrames } from '../realms/frames.js';
import { rewritten, scanned } from '../texts/rewriting.js';
import { heldStyle } from '../texts/styles.js';
import { released } from '../core/queue.js';

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

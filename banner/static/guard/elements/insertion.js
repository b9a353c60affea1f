// What scripts put into the page: markup is rewritten before the browser parses it, and nodes that come from other
// documents, where nobody looked at them, are looked at before they enter this one.

import { String, WeakMap, doc, getter, kind, method, trusted } from '../core/natives.js';
import { nameOf, typeOfNode } from '../core/platform.js';
import { ALL, wrap, wrapAccessor } from '../core/stand_ins.js';
import { holdsChildren, isForeign, sweep } from './elements.js';
import { FRAMES, enterFrame } from '../realms/frames.js';
import { heldStyle } from '../texts/styles.js';
import { held, mentions } from '../core/facts.js';
import { isAtWork, rest } from '../core/rest.js';

/** Exchanges the argument at this place where something in it is held. */
const rewrites = (at) => (node, args) => {
  const markup = String(args[at]);
  if (nameOf(node) == 'style') {
    if (heldStyle(markup)) args[at] = trusted('');
  } else if (mentions(markup)) args[at] = rest().inert(markup, isForeign(node));
};

/** Whole tags, and no style sheet that could have an end to come. */
const WHOLE = /^[^<]*(<(?!style)[^<>]*>[^<]*)*$/i;

/** What is written in whole tags that name nothing goes on as it is. What was begun before is known to the rest. */
const writes = (document, args) => {
  const given = args.join('');
  if (isAtWork() || !WHOLE.test(given) || mentions(given)) return rest().writes(document, args);
};

function holdParsing(w) {
  /** A frame may be written in parts. */
  const written = () => {
    for (const frame of inDocument(w.document)) enterFrame(frame);
  };
  const wrote = (_, self, args) => /frame|object|embed/i.test(args.join()) && written();
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
  wrap(Document.prototype, 'write writeln', writes, written, ALL);
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

const documentOf = getter(kind(self, 'Node'), 'ownerDocument');

/** Whether something is a node of another document than this one. */
function isElsewhere(node, document) {
  try {
    return typeof node == 'object' && node && (documentOf(node) ?? document) != document;
  } catch {}
}

const childOf = getter(kind(self, 'Element'), 'firstElementChild');
/** What finds the frames in an element, a fragment or a document. */
const [inElement, inFragment, inDocument] = ['Element', 'DocumentFragment', 'Document'].map((name) => {
  const find = method(kind(self, name), 'querySelectorAll');
  return (node) => find(node, FRAMES);
});

/** The frames that each fragment has brought, which is empty when they are in the page. */
const brought = new WeakMap();
const FRAGMENT = 11;

/** Enters the frames that have come with a node. Those in a shadow tree are reached by their elements alone. */
function enterWith(node) {
  if (!nameOf(node)) return brought.get(node)?.forEach((frame) => enterFrame(frame));
  enterFrame(node);
  if (childOf(node)) for (const frame of inElement(node)) enterFrame(frame);
}

/** Nodes made in this document have met the guard already; only those of another document can bring something. */
function holdInsertion(w) {
  const isPage = w == self;
  const foreign = (self, nodes) => {
    const document = isPage ? doc : w.document;
    for (const node of nodes) {
      if (isElsewhere(node, document)) sweep(node);
      if (typeOfNode(node) == FRAGMENT) brought.set(node, [...inFragment(node)]);
    }
    return holdsChildren(self, nodes);
  };
  const wrote = (_, self, nodes) => {
    for (const node of nodes) enterWith(node);
  };
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

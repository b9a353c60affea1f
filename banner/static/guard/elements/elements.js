// Elements: a URL that is held never becomes an attribute's value. Its value waits under another name (the same one that
// the proxy gives it in markup), and the element does what it does without the attribute.

import {
  ALL,
  Set,
  String,
  WeakMap,
  apply,
  construct,
  getter,
  kind,
  method,
  setter,
  trusted,
  wrap,
  wrapAccessor,
} from '../core/natives.js';
import { held, isHeld } from '../core/facts.js';
import { asGiven, documented, documentedLater, exchange } from '../realms/documents.js';
import { WATCHED, fetches, heldImport, heldIn } from '../texts/live_attributes.js';
import { framed } from '../texts/rewriting.js';
import { heldStyle } from '../texts/styles.js';

/** Interfaces and the properties of them that make the browser fetch. Property and attribute have the same letters. */
const FETCHING = {
  src: 'Script Image IFrame Frame Source Media Track Embed Input',
  srcset: 'Image Source',
  href: 'Link Base',
  imageSrcset: 'Link',
  poster: 'Video',
  data: 'Object',
  background: 'Body',
  ping: 'Anchor Area',
  attributionSrc: 'Anchor Image Script',
};
/** No text, as a script may have it too. */
const EMPTY = trusted('', 'Script');
const EMPTY_IMAGE = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

const element = kind(self, 'Element');
export const setAttribute = method(element, 'setAttribute');
export const getAttribute = method(element, 'getAttribute');
const removeAttribute = method(element, 'removeAttribute');
const attributesOf = getter(element, 'attributes');
const attributeName = getter(kind(self, 'Attr'), 'name');
const attributeValue = getter(kind(self, 'Attr'), 'value');
const nativeName = getter(element, 'localName');
/** An element's name by the browser's own word: a page can give the object itself another. Empty for what is none. */
export const nameOf = (node) => {
  try {
    return nativeName(node);
  } catch {
    return '';
  }
};
const setImage = setter(kind(self, 'HTMLImageElement'), 'src');

/** Held elements that may never have been in the document, as a pixel made by `new Image`: at most this many. */
const MOST_LOOSE = 200;
export const loose = new Set();

/** Makes the element inert as far as this attribute goes. */
export function hold(node, name, value) {
  name = name.toLowerCase();
  setAttribute(node, 'data-hb-' + name, value);
  if (getAttribute(node, 'data-hb') == null) setAttribute(node, 'data-hb', '');
  removeAttribute(node, name);
  if (loose.size < MOST_LOOSE) loose.add(node);
  // A page may wait for a pixel to load before it goes on.
  if (name == 'src' && nameOf(node) == 'img') setImage(node, EMPTY_IMAGE);
}

/** An attribute is about to be set: answers `[]` where its value is held, else forgets what was held under its name. */
function takes(node, name, value) {
  if (!fetches(nameOf(node), name)) return;
  if (heldIn(name, value)) {
    hold(node, name, value);
    return [];
  }
  if (getAttribute(node, 'data-hb-' + name) != null) removeAttribute(node, 'data-hb-' + name);
}

/** Exchanges the argument at this place, of which the page goes on to read what it wrote. */
function put(node, args, at, name, value) {
  const own = String(args[at]);
  if (own == value) return;
  exchange(node, name, own, value);
  args[at] = trusted(value, name == 'srcdoc' ? 'HTML' : 'ScriptURL');
}

/** Decides about an attribute whose name and value are among the arguments; documents that are given as text get a guard. */
const decide = (node, args, name, at) => {
  if (!WATCHED.test(name)) return;
  const value = String(args[at]);
  if (/^srcdoc$/i.test(name)) put(node, args, at, 'srcdoc', framed(value));
  else if (/^(iframe|frame|object|embed)$/.test(nameOf(node))) {
    name = String(name).toLowerCase();
    try {
      put(node, args, at, name, documented(value));
    } catch {
      // It is shown when it was read; what can't be read has no guard, and is not shown.
      documentedLater(value, (url) => {
        exchange(node, name, value, url);
        setAttribute(node, name, url);
      });
      return [];
    }
  }
  return takes(node, String(name), value);
};

function holdProperties(w) {
  for (const name in FETCHING) {
    for (const tag of FETCHING[name].split(' ')) {
      wrapAccessor(kind(w, `HTML${tag}Element`), name, {
        set: (node, args) => decide(node, args, name, 0),
        get: (node, _, native) => {
          const value = getAttribute(node, 'data-hb-' + name);
          if (value != null) return [/srcset/i.test(name) ? value : (isHeld(value) ?? value)];
          return [asGiven(node, name.toLowerCase(), apply(native, node, []))];
        },
      });
    }
  }
  wrapAccessor(kind(w, 'HTMLIFrameElement'), 'srcdoc', {
    set: (node, args) => decide(node, args, 'srcdoc', 0),
    get: (node, _, native) => [asGiven(node, 'srcdoc', apply(native, node, []))],
  });
  wrap(
    w,
    'Audio',
    (_, [url], native) => {
      if (!held(url)) return;
      const audio = construct(native, []);
      audio.src = url;
      return [audio];
    },
    undefined,
    [0],
  );
  const foreign = { set: (_, [node]) => sweep(node) };
  wrapAccessor(kind(w, 'Document'), 'body', foreign);
  wrapAccessor(kind(w, 'HTMLTableElement'), 'caption tHead tFoot', foreign);
  wrapAccessor(kind(w, 'SVGAnimatedString'), 'baseVal', { set: (_, [value]) => (held(value) ? [] : undefined) });
}

/** The element that a map of attributes belongs to, which the map itself does not tell. */
const owners = new WeakMap();

function holdAttributes(w) {
  const { prototype } = w.Element;
  wrap(prototype, 'setAttribute', (node, args) => decide(node, args, args[0], 1), undefined, [0, 1]);
  wrap(prototype, 'setAttributeNS', (node, args) => decide(node, args, args[1], 2), undefined, ALL);
  const takesNode = (node, [attribute]) => takes(node, attributeName(attribute), attributeValue(attribute)) && [null];
  wrap(prototype, 'setAttributeNode setAttributeNodeNS', takesNode);
  wrapAccessor(prototype, 'attributes', { got: (map, node) => owners.set(map, node) });
  wrap(kind(w, 'NamedNodeMap'), 'setNamedItem setNamedItemNS', (map, args) => takesNode(owners.get(map), args));
  wrapAccessor(kind(w, 'Attr'), 'value', { set: holdsText });
}

/** Whether a script's text is more to the browser than data (HTML, "prepare the script element"). */
const runs = (script) => /^$|javascript|ecmascript|^(module|importmap|speculationrules)$/i.test(script.type);

/** Whether a node must not have this text: a style sheet that fetches. A script that imports waits for a release. */
function heldText(node, text) {
  if (nameOf(node) == 'style') return heldStyle(text);
  const url = nameOf(node) == 'script' && getAttribute(node, 'data-hb') == null && runs(node) && heldImport(text);
  if (!url) return;
  setAttribute(node, 'data-hb', '');
  setAttribute(node, 'data-hb-import', url);
  if (getAttribute(node, 'type')) setAttribute(node, 'data-hb-type', node.type);
  setAttribute(node, 'type', 'text/plain');
}

/** A text is about to be set, of an attribute, of an element or of a text within one. */
function holdsText(node, args) {
  const { ownerElement, name, parentNode } = node;
  if (ownerElement) return takes(ownerElement, name, String(args[0]));
  if (heldText(node.data == null ? node : parentNode, String(args[0]))) args[0] = EMPTY;
}

function holdTexts(w) {
  wrapAccessor(kind(w, 'Node'), 'nodeValue textContent', { set: holdsText });
  wrapAccessor(kind(w, 'HTMLElement'), 'innerText', { set: holdsText });
  wrapAccessor(kind(w, 'HTMLScriptElement'), 'text', { set: holdsText });
  wrapAccessor(kind(w, 'CharacterData'), 'data', { set: holdsText });
  const adds = ({ parentNode, data }, args) => (heldText(parentNode, data + args.at(-1)) ? [] : undefined);
  ['appendData', 'insertData', 'replaceData'].forEach((name, at) => wrap(kind(w, 'CharacterData'), name, adds, undefined, [at]));
}

/**
 * What is about to be put into a node: text that makes a held style of it is dropped, and so is a refresh to a held
 * address and a prefetch rule for one.
 */
export function holdsChildren(self, nodes) {
  const into = self.data == null ? self : self.parentNode;
  if (/^(style|script)$/.test(nameOf(into))) {
    if (heldText(into, into.textContent + nodes.map((node) => node?.textContent ?? node).join(''))) return [nodes[0]];
  }
  for (const node of nodes) {
    if (heldText(node, node?.textContent)) node.textContent = EMPTY;
    if (nameOf(node) == 'meta' && held(node.content.replace(/^[^=]*=\s*['"]?/, ''))) node.content = '';
  }
}

/** Makes everything that is held in a tree inert. */
export function sweep(root) {
  for (const node of [root, ...(root.querySelectorAll?.('*') ?? [])]) {
    if (heldText(node, node.textContent)) node.textContent = EMPTY;
    if (node.content?.querySelectorAll) sweep(node.content);
    if (node.shadowRoot) sweep(node.shadowRoot);
    const tag = nameOf(node);
    for (const attribute of tag ? [...attributesOf(node)] : []) {
      const name = attributeName(attribute);
      const value = attributeValue(attribute);
      if (fetches(tag, name) && heldIn(name, value)) hold(node, name, value);
    }
  }
}

/** Stands in front of the realm's elements. */
export function holdElements(w) {
  if (!w.Element) return;
  holdProperties(w);
  holdAttributes(w);
  holdTexts(w);
}

// Elements: a URL that is held never becomes an attribute's value. Its value waits under another name (the same one that
// the proxy gives it in markup), and the element does what it does without the attribute.

import { String, WeakMap, apply, getAttribute, getter, kind, removeAttribute, setAttribute, trusted } from '../core/natives.js';
import { nameOf, typeOfNode } from '../core/platform.js';
import { ALL, isVouched, wrap, wrapAccessor } from '../core/stand_ins.js';
import { absolute, held, heldForNow } from '../core/facts.js';
import { rest } from '../core/rest.js';
import { fetches, heldImport, heldIn, isPreload, isWatched, isWritten } from '../texts/live_attributes.js';
import { heldStyle } from '../texts/styles.js';

/**
 * Interfaces and the properties of them that make the browser fetch, or say that it should (`rel`). Property and attribute
 * have the same letters.
 */
const FETCHING = {
  src: 'Script Image IFrame Frame Source Media Track Embed Input',
  srcset: 'Image Source',
  href: 'Link Base',
  rel: 'Link',
  imageSrcset: 'Link',
  poster: 'Video',
  data: 'Object',
  background: 'Body',
  ping: 'Anchor Area',
  attributionSrc: 'Anchor Image Script',
};
/** No text, as a script may have it too. */
const none = () => trusted('', 'Script');

const element = kind(self, 'Element');
const attributesOf = getter(element, 'attributes');
const attributeName = getter(kind(self, 'Attr'), 'name');
const attributeValue = getter(kind(self, 'Attr'), 'value');
const node = kind(self, 'Node');
const parentOf = getter(node, 'parentNode');
const textOf = getter(node, 'textContent');
const dataOf = getter(kind(self, 'CharacterData'), 'data');
const spaceOf = getter(element, 'namespaceURI');
/** Whether what stands in an element, or the element itself, may be SVG's or MathML's. Of what is none it is not known. */
export const isForeign = (node) => !nameOf(node) || spaceOf(node) != 'http://www.w3.org/1999/xhtml';
const hasText = (name) => name == 'style' || name == 'script';

/** What a page itself set, where something else was set in its place, by node and property: it reads what it wrote. */
export const given = new WeakMap();

/** What a page reads of a property that has this value. */
const asGiven = (node, name, value) => {
  const [own, other] = given.get(node)?.get(name) ?? [];
  return own != undefined && other == value ? own : value;
};

/**
 * Whether a script's address is set later, as a page need not wait for a script that it adds: what is known of its host is
 * on its way. A script that keeps its place among others waits here, and so does one whose address the page vouched for.
 */
function setsLater(script, url) {
  const known = script.async && !isVouched(url) && heldForNow(url);
  if (typeof known != 'object') return;
  setAttribute(script, 'data-hb-src', url);
  known.then(
    () => {
      if (getAttribute(script, 'data-hb-src') != url) return;
      if (getAttribute(script, 'data-hb-type') == null) removeAttribute(script, 'data-hb-src');
      else rest().forget(script, 'src');
      if (!takes(script, 'src', url)) setAttribute(script, 'src', url);
    },
    // Nobody could judge it: it is held, and comes with a choice.
    () => setAttribute(script, 'data-hb', ''),
  );
  return true;
}

/** Whether an attribute's value waits under another name: for a choice, or for what is known of its host. */
function waits(node, name, value) {
  if (nameOf(node) == 'script' && /^src$/i.test(name) && setsLater(node, value)) return true;
  if (heldIn(name, value) || (/^rel$/i.test(name) && getAttribute(node, 'data-hb') != null && isPreload(value))) {
    rest().hold(node, name, value);
    return true;
  }
}

/** An attribute is about to be set: answers `[]` where its value waits, else forgets what was held under its name. */
function takes(node, name, value) {
  if (!fetches(nameOf(node), name, () => isForeign(node))) return;
  if (waits(node, name, value)) {
    heldText(node, textOf(node));
    return [];
  }
  if (getAttribute(node, 'data-hb-' + name) != null) rest().forget(node, name);
}

/** Decides about an attribute whose name and value are among the arguments; documents that are given as text get a guard. */
const decide = (node, args, name, at) => {
  if (!isWatched(name)) return;
  const value = String(args[at]);
  if (/^srcdoc$/i.test(name) || (isWritten(value) && /^(iframe|frame|object|embed)$/.test(nameOf(node)))) {
    const answer = rest().showsDocument(node, args, at, String(name).toLowerCase(), value);
    if (answer) return answer;
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
          if (value != null) return [/srcset|rel/i.test(name) ? value : absolute(value)];
          return [asGiven(node, name.toLowerCase(), apply(native, node, []))];
        },
      });
    }
  }
  wrapAccessor(kind(w, 'HTMLIFrameElement'), 'srcdoc', {
    set: (node, args) => decide(node, args, 'srcdoc', 0),
    get: (node, _, native) => [asGiven(node, 'srcdoc', apply(native, node, []))],
  });
  wrap(w, 'Audio', (_, [url], native) => (held(url) ? rest().heldAudio(native, url) : undefined), undefined, [0]);
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

/** Whether a script has an address that waits, an SVG script by another name. */
const hasToCome = (script) => ['src', 'href', 'xlink:href'].some((name) => getAttribute(script, 'data-hb-' + name) != null);

/**
 * Whether a node must not have this text: a style sheet that fetches. A script that imports waits for a release, and so
 * does one whose address waits: its text never runs, and to have run it would mean to have started (HTML, "prepare the
 * script element").
 */
function heldText(node, text) {
  const name = nameOf(node);
  text = String(text);
  if (name == 'style') return heldStyle(text);
  if (name != 'script' || !text || !runs(node)) return;
  if (!hasToCome(node)) {
    const url = getAttribute(node, 'data-hb') == null && heldImport(text);
    if (!url) return;
    setAttribute(node, 'data-hb', '');
    setAttribute(node, 'data-hb-import', url);
  }
  setAttribute(node, 'data-hb-type', getAttribute(node, 'type') ?? '');
  setAttribute(node, 'type', 'text/plain');
}

/** A text is about to be set, of an attribute, of an element or of a text within one. */
function holdsText(node, args) {
  const type = typeOfNode(node);
  if (type == 2) return node.ownerElement ? takes(node.ownerElement, node.name, String(args[0])) : undefined;
  if (heldText(type == 1 ? node : parentOf(node), args[0])) args[0] = none();
}

function holdTexts(w) {
  wrapAccessor(kind(w, 'Node'), 'nodeValue textContent', { set: holdsText });
  wrapAccessor(kind(w, 'HTMLElement'), 'innerText', { set: holdsText });
  wrapAccessor(kind(w, 'HTMLScriptElement'), 'text', { set: holdsText });
  wrapAccessor(kind(w, 'CharacterData'), 'data', { set: holdsText });
  const adds = (node, args) => {
    const parent = parentOf(node);
    return hasText(nameOf(parent)) && heldText(parent, dataOf(node) + args.at(-1)) ? [] : undefined;
  };
  ['appendData', 'insertData', 'replaceData'].forEach((name, at) => wrap(kind(w, 'CharacterData'), name, adds, undefined, [at]));
}

/** The node into which is put what is put into a node, beside a text, or at the beginning of a range. */
function parentAt(place) {
  const of = typeOfNode(place);
  const node = of ? place : place.startContainer;
  const type = of ?? typeOfNode(node);
  return type == 3 || type == 4 || type == 7 || type == 8 ? parentOf(node) : node;
}

/**
 * What is about to be put somewhere: text that makes a held style of it is dropped, and so is a refresh to a held address
 * and a prefetch rule for one. A tree has many words, and only those of a style or script are looked at.
 */
export function holdsChildren(place, nodes) {
  const into = parentAt(place);
  if (hasText(nameOf(into))) {
    if (heldText(into, textOf(into) + nodes.map((node) => node?.textContent ?? node).join(''))) return [nodes[0]];
  }
  for (const node of nodes) {
    const name = nameOf(node);
    if (hasText(name) && heldText(node, textOf(node))) node.textContent = none();
    if (name == 'meta' && held(node.content.replace(/^[^=]*=\s*['"]?/, ''))) node.content = '';
  }
}

/** Makes everything that is held in a tree inert. */
export function sweep(root) {
  for (const node of [root, ...(root.querySelectorAll?.('*') ?? [])]) {
    const tag = nameOf(node);
    if (node.content?.querySelectorAll) sweep(node.content);
    if (node.shadowRoot) sweep(node.shadowRoot);
    for (const attribute of tag ? [...attributesOf(node)] : []) {
      const name = attributeName(attribute);
      const value = attributeValue(attribute);
      if (isWatched(name) && fetches(tag, name, () => isForeign(node)) && heldIn(name, value)) rest().hold(node, name, value);
    }
    if (hasText(tag) && heldText(node, textOf(node))) node.textContent = none();
  }
}

/** Stands in front of the realm's elements. */
export function holdElements(w) {
  if (!w.Element) return;
  holdProperties(w);
  holdAttributes(w);
  holdTexts(w);
}

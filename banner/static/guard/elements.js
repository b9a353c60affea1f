// Elements: a URL that is held never becomes an attribute's value. Its value waits under another name (the same one that
// the proxy gives it in markup), and the element does what it does without the attribute.

import { Set, String, construct, method, setter, wrap, wrapAccessor } from './natives.js';
import { held } from './facts.js';
import { framed } from './markup.js';

/** Interface and the properties of it that make the browser fetch. Property and attribute have the same letters. */
const FETCHING = {
  HTMLScriptElement: 'src',
  HTMLImageElement: 'src srcset',
  HTMLIFrameElement: 'src',
  HTMLFrameElement: 'src',
  HTMLLinkElement: 'href imageSrcset',
  HTMLSourceElement: 'src srcset',
  HTMLMediaElement: 'src',
  HTMLVideoElement: 'poster',
  HTMLTrackElement: 'src',
  HTMLEmbedElement: 'src',
  HTMLObjectElement: 'data',
  HTMLInputElement: 'src',
  HTMLBodyElement: 'background',
};
const WATCHED = /^(src|srcset|imagesrcset|data|poster|background|srcdoc|style|href|xlink:href|ping)$/i;
const EMPTY_IMAGE = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

const element = self.Element?.prototype;
export const setAttribute = method(element, 'setAttribute');
export const getAttribute = method(element, 'getAttribute');
const hasAttribute = method(element, 'hasAttribute');
const removeAttribute = method(element, 'removeAttribute');
const setImage = setter(self.HTMLImageElement?.prototype, 'src');

/** Held elements that may never have been in the document, as a pixel made by `new Image`: at most this many. */
const MOST_LOOSE = 200;
export const loose = new Set();

/** Whether an attribute makes the browser fetch something of its own accord. */
export const fetches = (tag, name) => WATCHED.test(name) && !(/href$/i.test(name) && /^(a|area|base)$/i.test(tag));

/** Whether the value of that attribute names something that is held. */
export function heldIn(name, value) {
  if (/srcset$/i.test(name)) return value.split(',').some((part) => held(part.trim().split(/\s/)[0]));
  if (/^style$/i.test(name)) return heldStyle(value);
  if (/^ping$/i.test(name)) return value.split(/\s+/).some(held);
  if (/^srcdoc$/i.test(name)) return false;
  return held(value);
}

/** Whether a style sheet or declaration fetches something that is held. */
export function heldStyle(text) {
  if (!/url|import|image-set/i.test(text)) return false;
  for (const [, url, quoted] of text.matchAll(/url\(\s*["']?([^"')]+)|["']([^"'\s]+)["']/gi)) {
    if (held((url ?? quoted).trim())) return true;
  }
}

/** Makes the element inert as far as this attribute goes. */
export function hold(node, name, value) {
  name = name.toLowerCase();
  setAttribute(node, 'data-hb-' + name, value);
  if (!hasAttribute(node, 'data-hb')) setAttribute(node, 'data-hb', '');
  removeAttribute(node, name);
  if (loose.size < MOST_LOOSE) loose.add(node);
  // A page may wait for a pixel to load before it goes on.
  if (name == 'src' && node.localName == 'img') setImage(node, EMPTY_IMAGE);
}

/** An attribute is about to be set: holds it and answers true, or forgets what was held under its name. */
function takes(node, name, value) {
  if (!fetches(node.localName, name)) return false;
  if (heldIn(name, value)) {
    hold(node, name, value);
    return true;
  }
  if (hasAttribute(node, 'data-hb-' + name)) removeAttribute(node, 'data-hb-' + name.toLowerCase());
}

function holdProperties(w) {
  for (const kind in FETCHING) {
    for (const name of FETCHING[kind].split(' ')) {
      wrapAccessor(w[kind]?.prototype, name, {
        set: (node, [value]) => (takes(node, name, String(value)) ? [] : undefined),
        get: (node) => {
          const value = getAttribute(node, 'data-hb-' + name.toLowerCase());
          if (value != null) return [/srcset/i.test(name) ? value : (held(value) ?? value)];
        },
      });
    }
  }
  wrapAccessor(w.HTMLIFrameElement?.prototype, 'srcdoc', {
    set: (_, args) => {
      args[0] = framed(String(args[0]));
    },
  });
  wrap(w, 'Audio', (_, [url], native) => {
    if (!held(url)) return;
    const audio = construct(native, []);
    audio.src = url;
    return [audio];
  });
  wrapAccessor(w.SVGAnimatedString?.prototype, 'baseVal', { set: (_, [value]) => (held(value) ? [] : undefined) });
}

function holdAttributes(w) {
  const prototype = w.Element.prototype;
  const decide = (at) => (node, args) => {
    const name = args[at];
    if (!WATCHED.test(name)) return;
    if (/^srcdoc$/i.test(name)) args[at + 1] = framed(String(args[at + 1]));
    else if (takes(node, String(name), String(args[at + 1]))) return [];
  };
  wrap(prototype, 'setAttribute', decide(0));
  wrap(prototype, 'setAttributeNS', decide(1));
  for (const name of ['setAttributeNode', 'setAttributeNodeNS']) {
    wrap(prototype, name, (node, [{ name, value }]) => (takes(node, name, value) ? [null] : undefined));
  }
  wrapAccessor(w.Attr.prototype, 'value', {
    set: ({ ownerElement, name }, [value]) => (ownerElement && takes(ownerElement, name, String(value)) ? [] : undefined),
  });
}

function holdStyles(w) {
  const style = w.CSSStyleDeclaration.prototype;
  const quiet = (at) => (_, args) => (heldStyle(String(args[at])) ? [] : undefined);
  wrap(style, 'setProperty', quiet(1));
  wrapAccessor(style, 'cssText', { set: quiet(0) });
  wrap(w.CSSStyleSheet.prototype, 'insertRule', (_, args) => {
    if (heldStyle(String(args[0]))) args[0] = '_{}';
  });
  for (const name of ['replace', 'replaceSync']) {
    wrap(w.CSSStyleSheet.prototype, name, (_, args) => {
      if (heldStyle(String(args[0]))) args[0] = '';
    });
  }
  wrap(w, 'FontFace', (_, args) => {
    if (heldStyle(String(args[1]))) args[1] = 'local("_")';
  });
}

/** Stands in front of the realm's elements. */
export function holdElements(w) {
  if (!w.Element) return;
  holdProperties(w);
  holdAttributes(w);
  holdStyles(w);
}

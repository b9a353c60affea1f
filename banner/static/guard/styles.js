// Styles: a sheet or declaration that would fetch something held is not taken.

import { JSON, String, apply, facade, kind, wrap, wrapAccessor } from './natives.js';
import { held } from './facts.js';

/** The held address that a style sheet, a declaration or a value fetches, if there is one. */
export function heldStyle(text) {
  if (!/url|import|image-set|src|--|\\/i.test(text)) return;
  // CSS Syntax 3 §4.3.7: a letter may be written as its code point.
  text = text.replace(/\\([\da-f]{1,6})\s?/gi, (_, code) => String.fromCodePoint('0x' + code)).replace(/\\(.)/g, '$1');
  for (const [, url, quoted] of text.matchAll(/url\(\s*["']?([^"')]+)|["']([^"'\s]+)["']/gi)) {
    const found = held((url ?? quoted).trim());
    if (found) return found;
  }
}

const quiet = (at) => (_, args) => (heldStyle(args.slice(0, at + 1).join()) ? [] : undefined);
/** What arguments say: key frames are objects of values. */
const said = (arg) => (typeof arg == 'object' ? JSON.stringify(arg).replace(/\\"/g, "'").replace(/"/g, ' ') : arg);
/** Exchanges the argument at this place where anything among the arguments is held. */
const instead = (at, harmless) => (_, args) => {
  if (heldStyle(args.map(said).join())) args[at] = harmless;
};
const put = (_, _name, value) => heldStyle(String(value));

function holdDeclarations(w) {
  const declaration = kind(w, 'CSSStyleDeclaration');
  wrap(declaration, 'setProperty', quiet(1));
  wrap(declaration, 'getPropertyValue getPropertyPriority removeProperty item');
  wrapAccessor(declaration, 'cssText', { set: quiet(0) });
  wrapAccessor(declaration, 'length parentRule cssFloat', {});
  const get = (self, _, native) => [facade(apply(native, self, []), put)];
  for (const name of ['HTMLElement', 'SVGElement', 'MathMLElement', 'CSSStyleRule', 'CSSKeyframeRule', 'CSSPageRule']) {
    wrapAccessor(kind(w, name), 'style', { set: quiet(0), get });
  }
  wrap(kind(w, 'StylePropertyMap'), 'set append', (_, args) => (heldStyle(args.join()) ? [] : undefined));
}

/** Stands in front of everything in the realm of a window that makes style of text. */
export function holdStyles(w) {
  holdDeclarations(w);
  for (const name of ['CSSStyleSheet', 'CSSGroupingRule', 'CSSStyleRule']) {
    wrap(kind(w, name), 'insertRule', instead(0, '_{}'));
  }
  wrap(kind(w, 'CSSStyleSheet'), 'replace replaceSync', instead(0, ''));
  wrap(kind(w, 'CSSStyleSheet'), 'addRule', instead(1, ''));
  wrap(kind(w, 'CSSKeyframesRule'), 'appendRule', quiet(0));
  wrap(kind(w, 'Element'), 'animate', instead(0, null));
  wrap(kind(w, 'KeyframeEffect'), 'setKeyframes', instead(0, null));
  wrap(w, 'KeyframeEffect', instead(1, null));
  wrap(w, 'FontFace', instead(1, 'local("_")'));
}

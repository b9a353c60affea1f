// Styles: a sheet or declaration that would fetch something held is not taken.

import { JSON, Object, String, apply, kind } from '../core/natives.js';
import { text } from '../core/platform.js';
import { bared, facades } from '../core/facades.js';
import { ALL, wrap, wrapAccessor } from '../core/stand_ins.js';
import { held } from '../core/facts.js';

/** The held address that a style sheet, a declaration or a value fetches, if there is one. */
export function heldStyle(text) {
  if (!/url|import|image-set|src|--|\\/i.test(text)) return;
  // CSS Syntax 3 §4.3.7: a letter may be written as its code point.
  text = text
    .replace(/\\([\da-f]{1,6})\s?/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/\\(\r\n|\s|)/g, '');
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
/** Key frames whose values say once what they are: a list of them, or one object of lists. */
const plain = (frames) =>
  frames?.[Symbol.iterator] ? [...frames].map(plainFrame) : frames === Object(frames) ? plainFrame(frames) : frames;
const plainFrame = (frame) =>
  Object.fromEntries(Object.entries(frame).map(([name, value]) => [name, value?.map?.(text) ?? text(value)]));
const insteadOfFrames = (at) => (_, args) => {
  if (args.length > at) args[at] = plain(args[at]);
  instead(at, null)(_, args);
};
function withoutHeldBase({ baseURL, disabled, media }) {
  const base = text(baseURL);
  return { baseURL: held(base) ? undefined : base, disabled, media };
}
const facade = facades((_, _name, value) => heldStyle(String(value)));

function holdDeclarations(w) {
  const declaration = kind(w, 'CSSStyleDeclaration');
  wrap(declaration, 'setProperty', quiet(1), undefined, ALL);
  wrap(declaration, 'getPropertyValue getPropertyPriority removeProperty item');
  wrapAccessor(declaration, 'cssText', { get: bared, set: quiet(0) });
  wrapAccessor(declaration, 'length parentRule cssFloat', { get: bared, set: bared });
  const get = (self, _, native) => [facade(apply(native, self, []))];
  for (const name of ['HTMLElement', 'SVGElement', 'MathMLElement', 'CSSStyleRule', 'CSSKeyframeRule', 'CSSPageRule']) {
    wrapAccessor(kind(w, name), 'style', { set: quiet(0), get });
  }
  wrap(kind(w, 'StylePropertyMap'), 'set append', (_, args) => (heldStyle(args.join()) ? [] : undefined));
}

/** Stands in front of everything in the realm of a window that makes style of text. */
export function holdStyles(w) {
  holdDeclarations(w);
  for (const name of ['CSSStyleSheet', 'CSSGroupingRule', 'CSSStyleRule']) {
    wrap(kind(w, name), 'insertRule', instead(0, '_{}'), undefined, [0]);
  }
  // Firefox reads the addresses in a sheet by the base that its maker names.
  wrap(w, 'CSSStyleSheet', (_, args) => {
    if (args[0]) args[0] = withoutHeldBase(args[0]);
  });
  wrap(kind(w, 'CSSStyleSheet'), 'replace replaceSync', instead(0, ''), undefined, [0]);
  wrap(kind(w, 'CSSStyleSheet'), 'addRule', instead(1, ''), undefined, [0, 1]);
  wrap(w.CSS, 'registerProperty', (_, [given]) => (heldStyle(String(said(given))) ? [] : undefined));
  wrap(kind(w, 'CSSKeyframesRule'), 'appendRule', quiet(0), undefined, [0]);
  wrap(kind(w, 'Element'), 'animate', insteadOfFrames(0));
  wrap(kind(w, 'KeyframeEffect'), 'setKeyframes', insteadOfFrames(0));
  wrap(w, 'KeyframeEffect', insteadOfFrames(1));
  wrap(w, 'FontFace', instead(1, 'local("_")'), undefined, [0, 1]);
}

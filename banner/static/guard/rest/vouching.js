// Trusted Types: a page may take no text where markup, a script or its address is wanted, but what it vouched for. What we
// put in the place of a text is vouched for if the text was: else we would open what the page closed.

import { createElement, defaultPolicy, doc, getAttribute, isVouched, trusted, writeSource, writeSrcdoc } from './parts.js';

const { trustedTypes } = self;

/** What the page's default policy makes of a text, which has no effect where it is put here; undefined if it refuses it. */
function passed(text, kind) {
  const [tag, name, write] = kind == 'HTML' ? ['iframe', 'srcdoc', writeSrcdoc] : ['script', 'src', writeSource];
  const element = createElement(doc, tag);
  try {
    write(element, text);
    return getAttribute(element, name);
  } catch {}
}

/**
 * What goes on in the place of `own`, an argument of the call that is being decided about: what `make` makes of it. The
 * browser refuses that where it would have refused `own`. A default policy is asked about the page's text, not about ours.
 */
export function inPlaceOf(own, make, kind) {
  const isPlain = !isVouched(own);
  const text = isPlain && doc && trustedTypes && defaultPolicy(trustedTypes) ? passed(own, kind) : undefined;
  const made = make(text ?? own);
  if (made == own) return own;
  return isPlain && text == undefined ? made : trusted(made, kind);
}

// What scripts write to a document piece by piece.

import { WeakMap, isVouched, trusted } from './parts.js';
import { released } from './release.js';
import { rewritten, scanned } from './rewriting.js';

/** Beginnings of tags and of style sheets that were written to documents, whose ends are to come. */
const begun = new WeakMap();

/**
 * `document.write` by a script that was released when the page had long been parsed would wipe the page out (HTML,
 * "document write steps"): what it writes goes where it would have gone, behind the script.
 */
export function writes(document, args) {
  const given = args.join('');
  const isPlain = !args.every(isVouched);
  let markup = (begun.get(document) ?? '') + given;
  let [whole, end] = scanned(markup);
  const closed = whole.toLowerCase().lastIndexOf('</style') + 1;
  const sheet = whole.slice(closed).search(/<style/i);
  if (sheet >= 0) end = Math.min(closed + sheet, end ?? whole.length);
  begun.set(document, end == null ? '' : whole.slice(end));
  markup = rewritten(end == null ? markup : whole.slice(0, end));
  const made = isPlain ? markup : trusted(markup);
  const script = document.currentScript;
  if (script && released.has(script)) {
    script.after(document.createRange().createContextualFragment(made));
    return [];
  }
  if (args.length > 1 || markup != given) args.splice(0, args.length, made);
}

// Documents that a script writes for a frame or a worker: realms that nobody could enter in time, so that the guard goes
// in front of their text.

import { JSON, Map, String, blobAt, held, heldImport, nonce } from './parts.js';
import { made, readAt } from './blobs.js';
import { framed, rewritten, source } from './rewriting.js';
import { inPlaceOf } from './vouching.js';

/** A document of XML (XHTML, SVG) with the guard first in its root. */
const drawn = (text) =>
  rewritten(text).replace(/<[a-z][^<>]*>/i, (root) => {
    const mark = nonce ? ` nonce="${nonce}"` : '';
    const guard = `<script xmlns="http://www.w3.org/1999/xhtml"${mark}><![CDATA[${source().replace(/]]>/g, ']]]]><![CDATA[>')}]]></script>`;
    return root.endsWith('/>') ? `${root.slice(0, -2)}>${guard}</${root.match(/[^<\s/>]+/)}>` : root + guard;
  });

/** The address of a document that a frame shows: the same, or that of the same document with the guard in front. */
export function documented(url) {
  const scheme = url
    .trim()
    .match(/^(blob|data|javascript):/i)?.[1]
    .toLowerCase();
  if (!scheme) return url;
  if (scheme == 'javascript') {
    // What it evaluates to is the document.
    const code = JSON.stringify(decodeURIComponent(url.trim().slice(11)));
    const [before, after] = framed('<script>document.write(\0)</script>')
      .split('\0')
      .map((part) => JSON.stringify(part));
    return `javascript:(r=>typeof r=='string'?${before}+JSON.stringify(r).replace(/</g,'\\\\x3c')+${after}:r)(eval(${code}))`;
  }
  const type = blobAt(url.trim())?.type ?? readAt(url.trim())[0];
  return /html|xml|svg/i.test(type) ? addressed(type, readAt(url.trim())[1], scheme) + fragment(url) : url;
}

/** The address of a document of that type and text, with the guard in it. */
function addressed(type, text, scheme) {
  const whole = /xml|svg/i.test(type) ? drawn(text) : framed(text);
  return scheme == 'blob' ? made(whole, type) : `data:${type.split(';')[0]};charset=utf-8,${encodeURIComponent(whole)}`;
}

/** The part of the document to which an address leads. */
const fragment = (url) => url.match(/#.*/s)?.[0] ?? '';

/** Calls `put` with the address of the document behind a `blob:` address that could not be read at once. */
export async function documentedLater(url, put) {
  const blob = blobAt(url.trim());
  if (blob) put(addressed(blob.type, await blob.text(), 'blob') + fragment(url));
}

/** The addresses that workers were given, by the pages' own: two shared workers of one address are one. */
const staff = new Map();

/** A script that is strict as a whole: its first statement says so (ECMAScript §11.2.1). */
const STRICT = /^(?:\s|\/\/[^\n\r]*[\n\r]|\/\*(?:[^*]|\*(?!\/))*\*\/)*(["'])use strict\1/;

/**
 * The address of a worker's script with the guard in front: that of a new text, which outlives the page's own address. The
 * guard tells the script that address.
 */
function staffed(url, isModule, own) {
  const blob = blobAt(url);
  const known = staff.get(url);
  // To a shared worker that runs its address leads for as long, though it was revoked.
  if (known && (!blob || known.blob == blob)) return known.address;
  // In a module nothing comes before an import, and imports run in their order.
  const guard = isModule
    ? `import ${JSON.stringify(made(source({ address: url })))};`
    : `${STRICT.test(own) ? '"use strict";' : ''}${source({ address: url })};`;
  const text = JSON.stringify(url);
  if (blob) {
    const address = made([guard, blob], blob.type || 'text/javascript');
    staff.set(url, { blob, address });
    return address;
  }
  if (/^data:/i.test(url)) return `data:text/javascript;charset=utf-8,${encodeURIComponent(guard + readAt(url)[1])}`;
  return made(guard + (isModule ? `import ${text}` : `importScripts(${text})`));
}

/** The text that a page wrote itself, where that is what it gives the address of. */
function written(url) {
  try {
    return /^(blob|data):/i.test(url) ? readAt(url)[1] : '';
  } catch {
    return '';
  }
}

/** Whether a script at this address is held, or a module that it imports. */
export const isHeldScript = (url, own = written(String(url))) => held(url) || heldImport(own);

/** What a worker runs in the place of a held address or a text of the page's own. */
export function worked(url, isModule) {
  const guarded = (url) => {
    url = url.trim();
    const own = written(url);
    // Nobody stands in front of import() within the worker.
    return isHeldScript(url, own) ? made('') : staffed(url, isModule, own);
  };
  return inPlaceOf(url, guarded, 'ScriptURL');
}

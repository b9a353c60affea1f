// Texts that a page gives an address of its own (`blob:`, `data:`): who makes a frame or a worker of one has to read it at
// once, and a request for it may be refused by the page's policy. So what scripts make is noted when they make it.

import { Map, Object, String, URL, WeakMap, wrap } from '../core/natives.js';

const { Blob } = self;
const createObjectURL = URL?.createObjectURL?.bind(URL);
const { get: typeOf } = Object.getOwnPropertyDescriptor(Blob.prototype, 'type');

/** What an address stands for, until it is revoked. */
const blobs = new Map();
/** What is written in a blob, where that is text, short enough, and may be a document or a script. */
const texts = new WeakMap();
const MOST = 1e6;
const READ = /^$|html|xml|svg|javascript/i;

/** The address of a text that is kept in this page. */
export const made = (text, type = 'text/javascript') => createObjectURL(new Blob([].concat(text), { type }));

/** The blob that an address of this page stands for, if it is known. */
export const blobAt = (url) => blobs.get(url.replace(/#.*/, ''));

/** Type and text of a `data:` address (Fetch, "data: URL processor"). */
function written(url) {
  const [, head, body] = url.match(/^data:([^,]*),([^#]*)/is);
  const text = decodeURIComponent(body.replace(/%(?![\da-f]{2})/gi, '%25'));
  const [type, coded] = head.split(/;\s*base64\s*$/i);
  if (coded == undefined) return [type, text];
  return [type, new TextDecoder().decode(Uint8Array.from(atob(text.replace(/\s/g, '')), (byte) => byte.charCodeAt(0)))];
}

/** Type and text of what lies behind a `blob:` or `data:` address. Throws where that can't be read at once. */
export function readAt(url) {
  if (/^data:/i.test(url)) return written(url);
  const blob = blobAt(url);
  const text = blob && texts.get(blob);
  if (text != undefined) return [typeOf.call(blob), text];
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.send();
  return [request.getResponseHeader('content-type'), request.responseText];
}

/** Notes what scripts of the realm of `w` make of texts. */
export function noteBlobs(w) {
  wrap(w, 'Blob File', undefined, (blob, _, [parts]) => {
    if (
      Array.isArray(parts) &&
      READ.test(typeOf.call(blob)) &&
      blob.size < MOST &&
      parts.every((part) => typeof part == 'string')
    ) {
      texts.set(blob, parts.join(''));
    }
  });
  wrap(w.URL, 'createObjectURL', undefined, (url, _, [blob]) => blobs.set(url, blob));
  wrap(w.URL, 'revokeObjectURL', (_, [url]) => void blobs.delete(String(url)));
}

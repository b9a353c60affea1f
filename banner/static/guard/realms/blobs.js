// Texts that a page gives an address of its own (`blob:`, `data:`): who makes a frame or a worker of one has to read it at
// once, and a request for it may be refused by the page's policy. So what scripts make is noted when they make it.

import { Map, Object, String, URL, WeakMap } from '../core/natives.js';
import { wrap } from '../core/stand_ins.js';

export const { Blob } = self;
export const createObjectURL = URL?.createObjectURL?.bind(URL);
export const { get: typeOf } = Object.getOwnPropertyDescriptor(Blob.prototype, 'type');

/** What an address stands for, until it is revoked. */
const blobs = new Map();
/** What is written in a blob, where that is text, short enough, and may be a document or a script. */
export const texts = new WeakMap();
const MOST = 1e6;
const READ = /^$|html|xml|svg|javascript/i;

/** The blob that an address of this page stands for, if it is known. */
export const blobAt = (url) => blobs.get(url.replace(/#.*/, ''));

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
  // A class has the one that it extends for its prototype.
  if (w.File) Object.setPrototypeOf(w.File, w.Blob);
  wrap(w.URL, 'createObjectURL', undefined, (url, _, [blob]) => blobs.set(url, blob));
  wrap(w.URL, 'revokeObjectURL', (_, [url]) => void blobs.delete(String(url)));
}

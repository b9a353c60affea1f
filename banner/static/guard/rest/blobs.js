// Texts that a page gives an address of its own are read, and such texts made: see ../realms/blobs.js.

import { Blob, blobAt, createObjectURL, texts, typeOf } from './parts.js';

/** The address of a text that is kept in this page. */
export const made = (text, type = 'text/javascript') => createObjectURL(new Blob([].concat(text), { type }));

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

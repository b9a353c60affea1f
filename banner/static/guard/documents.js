// Documents that a script writes for a frame or a worker: realms that nobody could enter in time, so that the guard goes
// in front of their text.

import { JSON, URL, doc } from './natives.js';
import { config } from './facts.js';
import { rewritten } from './markup.js';

const nonce = doc?.currentScript?.nonce;

/** This guard as the text of a script. */
export const source = () => `(${HOLDBACK})(${JSON.stringify(config)})`;

/** The document of a frame: with the guard in front, as the proxy puts it into documents. */
export const framed = (markup) =>
  /<|&/.test(markup) ? `<script${nonce ? ` nonce="${nonce}"` : ''}>${source()}</script>${rewritten(markup)}` : markup;

/** The address of a text that is kept in this page. */
export const made = (text, type = 'text/javascript') => URL.createObjectURL(new Blob([text], { type }));

/** What lies behind a `blob:` or `data:` address, where that is HTML: these need no network, so they may be read at once. */
function kept(url) {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.send();
  return /html/i.test(request.getResponseHeader('content-type')) ? request.responseText : '';
}

/** The address of a document that a frame shows: the same, or that of the same document with the guard in front. */
export function documented(url) {
  const scheme = url.trim().match(/^(blob|data|javascript):/i)?.[1].toLowerCase();
  if (!scheme) return url;
  if (scheme == 'javascript') return `javascript:(r=>typeof r=='string'?${JSON.stringify(framed('<i>').slice(0, -3))}+r:r)(eval(${JSON.stringify(decodeURIComponent(url.trim().slice(11)))}))`;
  const text = kept(url);
  if (!text) return url;
  const whole = '<!doctype html>' + framed(text);
  return scheme == 'blob' ? made(whole, 'text/html') : 'data:text/html;charset=utf-8,' + encodeURIComponent(whole);
}

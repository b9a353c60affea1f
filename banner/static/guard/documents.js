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

/** Type and text of what lies behind a `blob:` or `data:` address: these need no network, so they may be read at once. */
export function kept(url) {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.send();
  return [request.getResponseHeader('content-type'), request.responseText];
}

/** The text of an SVG document with the guard in it. */
const drawn = (text) =>
  rewritten(text).replace(/<svg[^<>]*>/i, (root) => `${root}<script><![CDATA[${source().replace(/]]>/g, ']] >')}]]></script>`);

/** The address of a document that a frame shows: the same, or that of the same document with the guard in front. */
export function documented(url) {
  const scheme = url.trim().match(/^(blob|data|javascript):/i)?.[1].toLowerCase();
  if (!scheme) return url;
  if (scheme == 'javascript') {
    // What it evaluates to is the document.
    const code = JSON.stringify(decodeURIComponent(url.trim().slice(11)));
    const [before, after] = framed('<script>document.write(\0)</script>').split('\0').map((part) => JSON.stringify(part));
    return `javascript:(r=>typeof r=='string'?${before}+JSON.stringify(r).replace(/</g,'\\\\x3c')+${after}:r)(eval(${code}))`;
  }
  const [type, text] = kept(url);
  if (!/html|svg/i.test(type)) return url;
  const whole = /svg/i.test(type) ? drawn(text) : '<!doctype html>' + framed(text);
  return scheme == 'blob' ? made(whole, type) : `data:${type.split(';')[0]};charset=utf-8,${encodeURIComponent(whole)}`;
}

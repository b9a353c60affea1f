// The visitor has agreed: what was made inert comes to life, in document order, without a reload.

import { Promise, WeakSet, apply, method } from './natives.js';
import { loose, setAttribute } from './elements.js';

const released = new WeakSet();
const all = method(self.Document?.prototype, 'querySelectorAll');
const removeAttribute = method(self.Element?.prototype, 'removeAttribute');
const appendText = method(self.Element?.prototype, 'append');

/** Whether a script came to life by {@link release}. */
export const wasReleased = (script) => !!script && released.has(script);

/**
 * Gives an element its attributes back. A script was never started, only of a type that is none, so it starts as
 * itself, with its listeners and nonce: by its `src`, or by a change of its text (HTML, "prepare the script element").
 * Resolves when it has run, if others must wait for it.
 */
function revive(node) {
  const ordered = node.localName == 'script' && !node.hasAttribute('async');
  const typed = /^(script|style)$/.test(node.localName);
  released.add(node);
  loose.delete(node);
  removeAttribute(node, 'data-hb');
  if (typed && node.getAttribute('type') == 'text/plain') removeAttribute(node, 'type');
  if (ordered) node.async = false;
  let done;
  const held = [...node.attributes].filter(({ name }) => name.startsWith('data-hb-'));
  // A type and the like come first: the address is what sets it going.
  held.sort(({ name }) => (/(src|href|data)$/.test(name) ? 1 : -1));
  for (const { name, value } of held) {
    removeAttribute(node, name);
    if (ordered && name == 'data-hb-src') {
      done = new Promise((resolve) => {
        for (const event of ['load', 'error']) node.addEventListener(event, resolve);
      });
    }
    give(node, name.slice(8), value);
  }
  if (typed && !node.hasAttribute('src')) appendText(node, '');
  return node.isConnected ? done : undefined;
}

function give(node, name, value) {
  if (name == 'xlink:href') node.setAttributeNS('http://www.w3.org/1999/xlink', name, value);
  else setAttribute(node, name, value);
}

/** Releases every held element for which `may` is true. An inline script waits for the files before it. */
export async function release(may) {
  const nodes = new Set([...all(document, '[data-hb]'), ...loose]);
  let before = [];
  for (const node of nodes) {
    if (!may(node)) continue;
    if (node.localName == 'script' && !node.hasAttribute('data-hb-src')) {
      await Promise.all(before);
      before = [];
    }
    const done = revive(node);
    if (done) before.push(done);
  }
  await Promise.all(before);
}

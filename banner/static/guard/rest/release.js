// The visitor has agreed: what was made inert comes to life, in document order, without a reload.

import { Object, Promise, Set, WeakSet, apply, meant, recorded, setAttribute, stubs, trusted } from './parts.js';
import { loose } from './elements.js';

/** Scripts that came to life because the visitor agreed. */
export const released = new WeakSet();

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
  for (const name of ['data-hb', 'data-hb-names']) node.removeAttribute(name);
  if (typed && node.getAttribute('type') == 'text/plain') node.removeAttribute('type');
  if (ordered) node.async = false;
  let done;
  const held = [...node.attributes].filter(({ name }) => name.startsWith('data-hb-'));
  // A type and the like come first: the address is what sets it going, and browsers warn of a preload without one.
  const order = ({ name }) => (/rel$/.test(name) ? 2 : /(src|href|data)$/.test(name) ? 1 : 0);
  held.sort((one, other) => order(one) - order(other));
  for (const { name, value } of held) {
    node.removeAttribute(name);
    if (ordered && name == 'data-hb-src') {
      done = new Promise((resolve) => {
        for (const event of ['load', 'error']) node.addEventListener(event, resolve);
      });
    }
    const own = name.slice(8);
    if (own == 'xlink:href') node.setAttributeNS('http://www.w3.org/1999/xlink', own, value);
    else setAttribute(node, own, ordered && own == 'src' ? trusted(value, 'ScriptURL') : value);
  }
  if (typed && !node.hasAttribute('src')) node.append('');
  return node.isConnected ? done : undefined;
}

/** Takes the stand-ins for functions of these services away, so that the vendor's own can come, or comes back. */
function clearStubs(services) {
  for (const [name, { stub, services: own, aside }] of stubs) {
    if (self[name] != stub || !own.some((one) => services.includes(one))) continue;
    delete self[name];
    if (aside) [self[name]] = aside;
  }
}

/** What a stand-in was for. */
const real = (from, path) => path.reduce((at, key) => at[key], from ? from.result : self);

/** A value that was handed to a stand-in, with what they were for in the place of other stand-ins, in plain data too. */
function resolved(value, depth = 3) {
  const stands = meant.get(value);
  if (stands) return real(...stands);
  if (depth && [Object.prototype, Array.prototype].includes(value && Object.getPrototypeOf(value))) {
    for (const key in value) {
      const inner = resolved(value[key], depth - 1);
      if (inner !== value[key]) value[key] = inner;
    }
  }
  return value;
}

/** Does again what was done with a stand-in, with what came in its place; where nothing came, the stand-in is back. */
function replay() {
  for (const [name, { stub }] of stubs) if (!(name in self)) self[name] = stub;
  for (const call of recorded.splice(0)) {
    const { name, from, how, path, args } = call;
    if (self[name] == stubs.get(name)?.stub) {
      recorded.push(call);
      continue;
    }
    try {
      const of = real(from, path.slice(0, -1));
      const values = args.map((value) => resolved(value));
      if (how == 'set') [of[path.at(-1)]] = values;
      else {
        const called = real(from, path);
        call.result = how == 'construct' ? new called(...values) : apply(called, of, values);
      }
    } catch {}
  }
}

/** Releases every held element for which `may` is true. An inline script waits for the files before it. */
export async function release(may, services) {
  const nodes = [...new Set([...document.querySelectorAll('[data-hb]'), ...loose])].filter(may);
  if (nodes.some(({ localName }) => localName == 'script')) clearStubs(services);
  let before = [];
  for (const node of nodes) {
    if (node.localName == 'script' && !node.hasAttribute('data-hb-src')) {
      await Promise.all(before);
      before = [];
    }
    const done = revive(node);
    if (done) before.push(done);
  }
  await Promise.all(before);
  replay();
}

// Fresh realms: frames and windows of about:blank have untouched copies of everything, and workers too.

import { JSON, String, URL, WeakSet, wrap, wrapAccessor } from './natives.js';
import { held } from './facts.js';
import { source } from './markup.js';

const entered = new WeakSet();
let install;

/** Says what puts the guard into a realm, and puts it into this one. */
export function begin(how) {
  install = how;
  if (self.Document) entered.add(Document);
  install(self);
}

/** Puts the guard into the realm of a window, once, where that is of our origin: another's is out of reach. */
export function enter(w) {
  try {
    if (!w || entered.has(w.Document)) return;
    entered.add(w.Document);
    install(w);
  } catch {}
}

/** Enters every frame that a window has by now. A frame of about:blank exists as soon as it is in the document. */
export function enterFrames(w) {
  for (let at = w.length; at--; ) enter(w[at]);
}

/** A worker that a page makes of a text of its own gets the guard in front. Workers by an address run without it. */
function holdWorkers(w) {
  for (const name of ['Worker', 'SharedWorker']) {
    wrap(w, name, (_, args) => {
      const url = String(args[0]);
      if (held(url)) args[0] = made('');
      else if (/^(blob|data):/i.test(url)) {
        const text = JSON.stringify(url);
        args[0] =
          args[1]?.type == 'module'
            ? made(`import ${JSON.stringify(made(source()))};import ${text}`)
            : made(`${source()};importScripts(${text})`);
      }
    });
  }
  wrap(w, 'importScripts', (_, args) => {
    for (let at = args.length; at--; ) if (held(args[at])) args.splice(at, 1);
  });
}

const made = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));

/** Stands in front of the ways from one realm to another. */
export function holdRealms(w) {
  holdWorkers(w);
  for (const kind of ['HTMLIFrameElement', 'HTMLFrameElement', 'HTMLObjectElement']) {
    for (const name of ['contentWindow', 'contentDocument']) {
      wrapAccessor(w[kind]?.prototype, name, { got: (inner) => enter(inner?.defaultView ?? inner) });
    }
  }
  wrap(w, 'open', undefined, enter);
}

// Fresh realms: frames and windows of about:blank have untouched copies of everything, and workers too.

import { String, WeakSet, getAttribute, getter, kind, origin } from '../core/natives.js';
import { nameOf } from '../core/platform.js';
import { ALL, wrap, wrapAccessor } from '../core/stand_ins.js';
import { absolute, config, held, isHeld, isOurs } from '../core/facts.js';
import { rest } from '../core/rest.js';
import { failed } from '../network/calls.js';
import { isWritten } from '../texts/live_attributes.js';
import { noteBlobs } from './blobs.js';

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

/** The browser's own count: `var length` in a page's script takes the place of the window's. */
export const countFrames = getter(self, 'length');

/** Enters every frame that a window has by now. */
function enterFrames(w) {
  for (let at = countFrames(w); at--; ) enter(w[at]);
}

const viewOf = getter(kind(self, 'Document'), 'defaultView');

/** Elements that may show a document, which scripts reach. */
export const FRAMES = 'iframe,frame,object,embed';
const documentIn = { __proto__: null };
for (const name of ['IFrame', 'Frame', 'Object']) {
  documentIn[name.toLowerCase()] = getter(kind(self, `HTML${name}Element`), 'contentDocument');
}

/** Whether an element is about to show a document of another origin, or our own in the place of a medium. */
function isAwaited(node, name) {
  if (getAttribute(node, 'srcdoc') != null) return false;
  const url = absolute(getAttribute(node, name == 'object' ? 'data' : 'src') ?? '');
  return /^https?:/.test(url) && (!url.startsWith(origin + '/') || isOurs(url));
}

/**
 * Enters what an element shows, if that is of our origin; another's is not asked for.
 *
 * In the document, a frame begins as about:blank at once. The browser makes a realm of that when somebody first asks for
 * it, which takes longer than all else on a page. So what is about to go is left alone until the frame is `loaded`:
 * scripts that want it come by `frames`, `length` or the element, all of which see to it.
 */
export function enterFrame(node, loaded = false) {
  const name = nameOf(node);
  // It alone has no document to show.
  if (name == 'embed') return enterFrames(self);
  if (!documentIn[name] || (!loaded && isAwaited(node, name))) return;
  try {
    const shown = documentIn[name](node);
    if (shown) enter(viewOf(shown));
  } catch {}
}

/** A worker that a page makes of a text of its own gets the guard in front; to one by an address the proxy adds it. */
function holdWorkers(w) {
  wrap(
    w,
    'Worker SharedWorker',
    (_, args) => {
      const url = String(args[0]);
      if (isWritten(url) || held(url)) args[0] = rest().worked(url, args[1]?.type == 'module');
    },
    undefined,
    [0],
  );
  // A worker is told the address that the page gave its script.
  if (config.address) wrapAccessor(kind(w, 'WorkerLocation'), 'href', { get: () => [config.address] });
  wrap(
    w,
    'importScripts',
    (_, args) => {
      for (let at = args.length; at--; ) if (held(args[at])) args.splice(at, 1);
    },
    undefined,
    ALL,
  );
  const fails = (_, [url]) => ((isWritten(url) || held(url)) && rest().isHeldScript(url) ? [failed(w)] : undefined);
  wrap(kind(w, 'ServiceWorkerContainer'), 'register', fails, undefined, [0]);
  wrap(kind(w, 'Worklet'), 'addModule', fails, undefined, [0]);
}

/** Whether the visitor has just done something, so that what happens may be their doing. */
export const acting = (w) => w.navigator.userActivation?.isActive;

/** A page does not leave for a held address unless the visitor goes there. */
function holdNavigation(w) {
  w.navigation?.addEventListener('navigate', (event) => {
    if (!event.userInitiated && !acting(w) && isHeld(event.destination.url)) event.preventDefault();
  });
  // Without the visitor no window opens, as in browsers that keep pop-ups away: nobody could enter it in time.
  wrap(
    w,
    'open',
    (_, args) => {
      if (!acting(w) && (isHeld(args[0]) || /^(_blank)?$/i.test(args[1] ?? ''))) return [null];
      try {
        if (isWritten(args[0])) args[0] = rest().documented(String(args[0]));
      } catch {
        return [null];
      }
    },
    enter,
    [0, 1, 2],
  );
}

/** A link to a held address is followed where the visitor does that, not where a script does. */
function holdClicks(w) {
  const refused = (node) => {
    const link = node?.closest?.('a,area');
    return link && isHeld(link.href) && !acting(w);
  };
  wrap(kind(w, 'HTMLElement'), 'click', (node) => (refused(node) ? [] : undefined));
  wrap(kind(w, 'EventTarget'), 'dispatchEvent', (node, [event]) => (event.type == 'click' && refused(node) ? [true] : undefined));
}

/** Stands in front of the ways from one realm to another. */
export function holdRealms(w) {
  noteBlobs(w);
  holdWorkers(w);
  for (const name of ['HTMLIFrameElement', 'HTMLFrameElement', 'HTMLObjectElement']) {
    wrapAccessor(kind(w, name), 'contentWindow contentDocument', { got: (inner) => enter(inner?.defaultView ?? inner) });
  }
  if (w.document) wrapAccessor(w, 'frames length', { get: () => void enterFrames(w) });
  if (w.document) {
    holdNavigation(w);
    holdClicks(w);
    // A frame that shows another about:blank has another realm; that of a frame in markup is there before any script.
    w.document.addEventListener('load', ({ target }) => enterFrame(target, true), true);
  }
}

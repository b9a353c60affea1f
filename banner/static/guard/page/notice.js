// The notice, enhanced: a choice takes effect without leaving the page. Without this it is a plain form. What happens
// once a choice was made is the rest's: see ../rest/choices.js.

import { FormData, URLSearchParams, doc, getter, kind, nativeFetch, setTimeout, whenIdle } from '../core/natives.js';
import { wrap } from '../core/stand_ins.js';
import { config, isChoice, isHeld, learnLater, note, tellEach } from '../core/facts.js';
import { fetchFile } from '../core/file.js';
import { rest } from '../core/rest.js';
import { writeCookie } from '../network/cookies.js';
import { acting } from '../realms/frames.js';

/** `form.action` is the button of that name, where there is one. */
const action = getter(kind(self, 'HTMLFormElement'), 'action');
const MOST_RETURNS = 50;
let own;
let root;
let returns = 0;
let channel;
let sentPlainly;
/** Whether the control is kept clear of the page's own. */
let placed;

/** The notice as it is in the page. */
export const notice = () => root?.querySelector('section');

/** The page may come from a cache, or the choice was made in another tab. */
const check = (isReloaded) =>
  learnLater()
    .then(() => rest().check(isReloaded))
    .catch(() => {});

/**
 * Sends the choice, which arrives though the visitor goes on at once. Where that fails the form goes as it would have gone
 * without us, and the proxy says what is wrong.
 */
async function choose(event) {
  const form = event.target;
  // A script can't make a trusted event; a form that it sends by itself is none of the visitor's.
  if (form == sentPlainly) return;
  event.preventDefault();
  if (!event.isTrusted) return;
  // Once the event is over, it names no button within a closed tree any more.
  const { submitter } = event;
  let isLeaving;
  const leave = () => {
    isLeaving = true;
    // The next page may be asked for before the answer has come.
    askLater();
  };
  try {
    addEventListener('beforeunload', leave);
    const sent = nativeFetch(action(form), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(/** @type {any} */ (new FormData(form, submitter))),
      keepalive: true,
    });
    // From then on the page knows, and may load itself anew. It fails where it is waited for, below.
    sent.then(
      () => removeEventListener('beforeunload', leave),
      () => {},
    );
    // What was held until now is what the file of now says.
    await learnLater();
    await rest().choose(sent);
  } catch {
    // Firefox tells a page that is being left nothing of what it sent. A form would keep the visitor here.
    if (isLeaving) return setTimeout(check, 1000);
    sentPlainly = form;
    // A policy refuses at once, and a form can't be submitted while its own submission is being announced.
    return setTimeout(() => form.requestSubmit(submitter));
  } finally {
    removeEventListener('beforeunload', leave);
  }
  channel?.postMessage(0);
  // The button is gone; what takes its place says what stands now.
  root.querySelector('summary,.o').focus({ preventScroll: true });
}

/** Has nobody asked on the next page who has not answered yet, but in their next session. */
function askLater() {
  if (config.ask) writeCookie('hb-later=1; path=/; samesite=lax');
}

/** The control of who has answered leads to a page that says the same as the notice, which it opens if that can be had. */
function opens(event) {
  const link = event.target.closest('.o[href]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  learnLater()
    .then(() => rest().open())
    .catch(() => location.assign(link.href));
}

/** Styles the notice, and shows it: it is hidden as long as it has no style. */
function dress(sheet) {
  const made = new CSSStyleSheet();
  made.replaceSync(sheet);
  root.adoptedStyleSheets = [made];
  root.querySelector('section').hidden = false;
}

/**
 * Puts the notice before the body, which is the page's own: pages count on what is first in there, and Turbo and htmx
 * bring another. A visitor who moves by keyboard comes to the notice first.
 */
const place = (node) => doc.documentElement.insertBefore(node, doc.documentElement.lastElementChild);

/** Puts the notice back. A page that takes it away each time has its way in the end. */
function bringBack() {
  if (own.isConnected || returns > MOST_RETURNS) return;
  if (doc.documentElement) {
    returns++;
    place(own);
  } else setTimeout(bringBack, 9);
}

/** The notice's element. Only its class may look into the closed shadow root, and it is defined before the page runs. */
function define(sheet) {
  customElements.define(
    'hb-notice',
    class extends HTMLElement {
      #internals = this.attachInternals();
      /**
       * Scripts take it for a processing instruction, and go on to the next. React 18 makes the whole page anew where it
       * meets an element that it has not made (`hydrateRoot(document)`: Remix).
       */
      nodeType = 7;

      connectedCallback() {
        if (own == this) return;
        // A page that keeps a copy of its body has copied a notice with nothing in it.
        if (own) return this.remove();
        // This calls us once more, from there.
        if (this.parentNode != doc.documentElement) return place(this);
        // Its markup may be still on its way. It ends with a link, for browsers that can't read the rest.
        if (this.#internals.shadowRoot && this.firstChild) this.#begin();
        else new MutationObserver(() => own || this.#begin()).observe(this, { childList: true });
      }

      disconnectedCallback() {
        if (own == this) setTimeout(bringBack);
      }

      /** Tends the notice from now on. */
      #begin() {
        const inside = this.#internals.shadowRoot;
        if (!inside?.querySelector('section')) return;
        own = this;
        root = inside;
        // The page's first link is its own.
        this.replaceChildren();
        root.addEventListener('submit', choose);
        root.addEventListener('click', opens);
        root.querySelector('details')?.addEventListener('toggle', ({ target }) => target.open || askLater());
        if (placed) rest().tendControl(this, root);
        const style = root.querySelector('style');
        if (sheet) dress(sheet);
        // A policy that stands in the page's own markup refused it.
        else if (style && !style.sheet) dress(style.textContent);
      }
    },
  );
}

/** A choice is made in the notice or on the proxy's own page, by nobody else; a held service gets what a visitor sends. */
function refuseForms() {
  const refused = (url) => isChoice(url) || (isHeld(url) && !acting(self));
  wrap(HTMLFormElement.prototype, 'submit', (form) => (refused(action(form)) ? [] : undefined));
  addEventListener(
    'submit',
    (event) => {
      if (!refused(event.submitter?.getAttribute('formaction') ?? action(event.target))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
}

/**
 * Listens to other pages of the site, which say that a choice was made, and to workers, which say what they asked for. An open
 * channel keeps some browsers from putting the page into their back/forward cache, so it is closed in time.
 */
export function listen() {
  channel = new BroadcastChannel('hb');
  channel.onmessage = ({ data }) => (data?.[2] != null ? note(...data) : check());
}

/** In a worker: listens, and tells the pages of the site what the worker asks for and keeps. */
export function listenAndTell() {
  listen();
  tellEach((noted) => channel.postMessage(noted));
}

/** Calls `act` once the page is there and has nothing else to do, or after three seconds: some pages are never idle. */
const afterwards = (act) => addEventListener('load', () => whenIdle(act, { timeout: 3000 }));

/** What can wait is done with the rest, which some pages have at hand, and which others fetch in their own time. */
function tendLater(marks) {
  const act = () => {
    rest().beginTelling(marks);
    placed = true;
    if (own) rest().tendControl(own, root);
  };
  const bring = () => learnLater().then(act, () => {});
  if (!config.outline) act();
  // A view counts, and a choice is brought back, though the visitor goes on at once.
  else if (config.counts || marks.again || marks.view != null) bring();
  else afterwards(bring);
  // The next page is going to name it.
  if (config.file && !config.outline) afterwards(() => fetchFile(config.file).catch(() => {}));
}

/** Takes care of the notice and its style, of a choice that is made elsewhere, and of what the page's marks ask for. */
export function tend(sheet, marks) {
  refuseForms();
  define(sheet);
  listen();
  addEventListener('pagehide', () => channel.close());
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    listen();
    check();
  });
  // Going back brings the page as the browser keeps it, whatever its Cache-Control says, and a service worker may answer
  // with an old one.
  const how = /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType('navigation')[0])?.type;
  if (config.unsure || how == 'back_forward' || navigator.serviceWorker?.controller) check(how == 'reload');
  tendLater(marks);
}

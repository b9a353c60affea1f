// The notice, enhanced: a choice takes effect without leaving the page. Without this it is a plain form.

import { JSON, getter, nativeFetch, setTimeout, wrap } from './natives.js';
import { adopt, config, held, heldCookie, isChoice, same, takesBack } from './facts.js';
import { cookieNames, writeCookie } from './jar.js';
import { heldIn } from './elements.js';
import { showLinks } from './links.js';
import { settle } from './queue.js';
import { release } from './release.js';
import { clearStorage, writeValue } from './storage.js';

const reload = () => location.reload();
/** `form.action` is the button of that name, where there is one. */
const action = getter(self.HTMLFormElement?.prototype, 'action');
let root;
let channel;
let sentPlainly;

/** Expires the cookies that are held, for every domain and path that this page could have set them for. */
function clearCookies() {
  const labels = location.hostname.split('.');
  const domains = ['', ...labels.map((_, at) => `; domain=${labels.slice(at).join('.')}`)];
  const steps = location.pathname.split('/');
  const paths = new Set(steps.flatMap((_, at) => [steps.slice(0, at).join('/') || '/', steps.slice(0, at).join('/') + '/']));
  for (const name of cookieNames().filter(heldCookie)) {
    for (const domain of domains) {
      for (const path of [...paths, location.pathname]) {
        for (const kind of ['', '; secure', '; secure; samesite=none; partitioned']) {
          writeCookie(`${name}=; max-age=0; path=${path}${domain}${kind}`);
        }
      }
    }
  }
}

/** Whether an inert element may live: the proxy named its services, or the guard itself found its URLs to be held. */
const mayLive = (services) => (node) => {
  const service = node.getAttribute('data-hb');
  if (service) return service.split(' ').every((one) => services.includes(one));
  return ![...node.attributes].some(({ name, value }) => name.startsWith('data-hb-') && heldIn(name.slice(8), value));
};

/** Puts a new standing choice into effect on this page. */
async function take({ guard, links, released, reload: whole }) {
  const back = takesBack(guard);
  // They have answered: what is held from here on is not kept for later.
  adopt({ ...guard, ask: false });
  if (back) {
    clearCookies();
    await clearStorage();
  }
  if (back || whole) return reload();
  showLinks(links);
  settle(writeCookie, writeValue);
  await release(mayLive(released));
}

/** Asks the proxy where the visitor stands: this page may come from a cache, or the choice was made in another tab. */
async function check() {
  try {
    const answer = await (await nativeFetch(config.prefix + '/choices', { headers: { accept: 'application/json' }, cache: 'no-store' })).json();
    if (!same(answer.guard)) await take(answer);
    show(answer.state);
  } catch {}
}

/** Says in the notice what stands now. Its markup is described in notice.py. */
function show(state) {
  const section = root?.querySelector('section');
  if (!section) return;
  section.dataset.state = state.status;
  section.querySelector('.s').textContent = state.label;
  for (const box of section.querySelectorAll('[name=purpose]')) box.checked = state.purposes.includes(box.value);
  section.querySelector('details').open = false;
}

/** Sends the choice. Where that fails the form goes as it would have gone without us, and the proxy says what is wrong. */
async function choose(event) {
  const form = event.target;
  // A script can't make a trusted event; a form that it sends by itself is none of the visitor's.
  if (form == sentPlainly) return;
  event.preventDefault();
  if (!event.isTrusted) return;
  try {
    const answer = await nativeFetch(action(form), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(new FormData(form, event.submitter)),
    });
    if (!answer.ok) throw answer;
    const choice = await answer.json();
    await take(choice);
    show(choice.state);
    channel?.postMessage(0);
  } catch {
    sentPlainly = form;
    form.requestSubmit(event.submitter);
  }
}

/** The notice's element. Only its class may look into the closed shadow root, and it is defined before the page runs. */
function define() {
  customElements.define(
    'hb-notice',
    class extends HTMLElement {
      #internals = this.attachInternals();

      connectedCallback() {
        root = this.#internals.shadowRoot;
        if (root) root.addEventListener('submit', choose);
        else setTimeout(() => this.isConnected && this.connectedCallback(), 9);
      }
    },
  );
}

/** A choice is made in the notice or on the proxy's own page, by nobody else. */
function refuseForms() {
  wrap(HTMLFormElement.prototype, 'submit', (self) => (isChoice(action(self)) ? [] : undefined));
  addEventListener('submit', (event) => {
    if (!isChoice(event.submitter?.formAction || action(event.target))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}

/** An open channel keeps some browsers from putting the page into their back/forward cache, so it is closed in time. */
function listen() {
  channel = new BroadcastChannel('hb');
  channel.onmessage = check;
}

/** Takes care of the notice and of a choice that is made elsewhere. */
export function tend() {
  refuseForms();
  define();
  listen();
  addEventListener('pagehide', () => channel.close());
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    listen();
    check();
  });
  // Going back brings the page as the browser keeps it, whatever its Cache-Control says, and a service worker may answer
  // with an old one. If reloading brings that again, there is no use in reloading on.
  const how = performance.getEntriesByType('navigation')[0]?.type;
  if (how == 'back_forward' || (navigator.serviceWorker?.controller && how != 'reload')) check();
}

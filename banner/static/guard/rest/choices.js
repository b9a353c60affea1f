// A choice: how it is sent, and what happens on this page when it was made.

import {
  JSON,
  Promise,
  adopt,
  config,
  cookies,
  held,
  heldCookie,
  heldIn,
  heldKey,
  nativeFetch,
  notice,
  setTimeout,
  showLinks,
  values,
  writeCookie,
  origin,
} from './parts.js';
import { signal } from './consent_mode.js';
import { kept } from './queue.js';
import { release } from './release.js';
import { view } from './reports.js';
import { clear, takesBack } from './taking_back.js';

/** Another number once a choice is sent, and once it is answered: what was asked before is out of date. */
let made = 0;

/** Puts a choice into effect that is being sent. Throws where it could not be. */
export async function choose(sent) {
  made++;
  const answer = await sent;
  if (!answer.ok) throw answer;
  const choice = await answer.json();
  made++;
  await orAnew((mayReload) => take(choice, mayReload));
}

/**
 * Does it, or has the proxy send the page anew, which says the same. But what a form was answered with is not asked for
 * again: the browser would send the form again.
 */
async function orAnew(act, mayReload = !config().unsure) {
  try {
    await act(mayReload);
  } catch {
    if (mayReload && navigator.onLine) location.reload?.();
  }
}

/** Puts a new standing choice into effect on this page. */
async function take({ file, guard, links, released, reload: whole, state }, mayReload) {
  const { counts } = config();
  const back = takesBack(guard);
  // They have answered: what is held from here on is not kept for later.
  const lists = guard.lists && [...guard.lists];
  // A page that can't ask about hosts can't after a choice.
  if (lists && !config().lists?.[0]) lists[0] = '';
  adopt({ ...guard, ask: false, lists });
  // A worker goes on; what it was told to forget, its page forgets.
  if (!self.document) return settle();
  if (back) await clear();
  if ((back || whole) && mayReload) return location.reload();
  showLinks(links);
  settle();
  if (guard.granted) for (const verb of ['default', 'update']) signal(guard.granted, verb);
  await release(mayLive(released), released);
  show(state);
  // They have looked at it all the while, and may be counted from now on.
  if (guard.counts && !counts) view();
  // The next page is going to name it.
  if (file) nativeFetch(origin + file, { priority: 'low' }).catch(() => {});
}

/** What the proxy says of where the visitor stands. */
async function ask({ prefix }) {
  const headers = { accept: 'application/json' };
  return (await nativeFetch(`${origin}${prefix}/choices`, { headers, cache: 'no-store' })).json();
}

/**
 * Asks the proxy where the visitor stands: this page may come from a cache, or the choice was made in another tab. If a
 * reload has brought what a service worker keeps (`isReloaded`), another one would bring it again.
 */
export const check = (isReloaded) =>
  orAnew(async (mayReload) => {
    // Without a network nobody answers, and a worker's page is shown all the same.
    if (!navigator.onLine) return;
    const now = config();
    const before = made;
    // Firefox gives a request up when the visitor goes elsewhere. To reload then would keep them here.
    const answer = await ask(now).catch(() => new Promise((again) => setTimeout(again, 1000)).then(() => ask(now)));
    // It says where they stood when it was asked.
    if (made != before) return;
    // Whether the visitor has still to answer is no difference.
    const own = { unsure: undefined, file: undefined };
    const same = JSON.stringify({ ...answer.guard, ask: 0 }) == JSON.stringify({ ...now, ...own, ask: 0 });
    if (same) show(answer.state, !answer.guard.ask);
    else await take(answer, mayReload);
    // The page could not know whether it has to ask.
    if (now.unsure && answer.guard.ask) notice()?.querySelector('details')?.setAttribute('open', '');
  }, !isReloaded && !config().unsure);

/** Carries out what is no longer held, in the order in which it came, and forgets the rest: the visitor has answered. */
function settle() {
  for (const [name, text] of cookies.values()) if (!heldCookie(name)) writeCookie(text);
  for (const [area, pairs] of values) {
    for (const [key, value] of pairs) if (!heldKey(key)) area.setItem(key, value);
  }
  cookies.clear();
  values.clear();
  // An answer that nobody reads would keep its connection, of which a browser has six to a host.
  for (const [url, send] of kept()) {
    (async () => {
      if (!held(url)) await (await send())?.text?.();
    })().catch(() => {});
  }
}

/** Whether an inert element may live: the proxy named its services, or the guard itself found its URLs to be held. */
const mayLive = (services) => (node) => {
  const service = node.getAttribute('data-hb');
  if (service) return service.split(' ').every((one) => services.includes(one));
  return ![...node.attributes].some(({ name, value }) => name.startsWith('data-hb-') && heldIn(name.slice(8), value));
};

/** Says in the notice what stands now. Its markup is described in notice.py. */
function show(state, answered = true) {
  const section = notice();
  if (!section) return;
  section.dataset.state = state.status;
  section.querySelector('.s').textContent = state.label;
  for (const box of section.querySelectorAll('[name=purpose]')) box.checked = state.purposes.includes(box.value);
  const details = section.querySelector('details');
  if (details && answered) details.open = false;
}

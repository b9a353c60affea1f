// What happens after a choice: fetched with the first one, so that a page that only asks need not carry it. Every function
// takes the guard's own parts first (see notice.js).

import { release } from './release.js';
import { clear, takesBack } from './taking_back.js';

/** Puts a new standing choice into effect on this page. */
export async function take(parts, choice) {
  const { file, guard, links, released, reload: whole, state } = choice;
  const { counts, unsure } = parts.config();
  const back = takesBack(parts, guard);
  // They have answered: what is held from here on is not kept for later.
  parts.adopt({ ...guard, ask: false });
  // A worker goes on; what it was told to forget, its page forgets.
  if (!self.document) return settle(parts);
  if (back) await clear(parts);
  // What a form was answered with is not asked for again unbidden: the browser would send the form again.
  if ((back || whole) && !unsure) return location.reload();
  parts.showLinks(links);
  settle(parts);
  if (guard.granted) for (const verb of ['default', 'update']) parts.signal(guard.granted, verb);
  await release(parts, mayLive(parts, released), released);
  show(parts, state);
  // They have looked at it all the while, and may be counted from now on.
  if (guard.counts && !counts) parts.view();
  // The next page is going to name it.
  if (file) parts.fetch(self.origin + file, { priority: 'low' }).catch(() => {});
}

/** Asks the proxy where the visitor stands: this page may come from a cache, or the choice was made in another tab. */
export async function check(parts) {
  const config = parts.config();
  const headers = { accept: 'application/json' };
  const answer = await (await parts.fetch(`${self.origin}${config.prefix}/choices`, { headers, cache: 'no-store' })).json();
  // Whether the visitor has still to answer is no difference.
  const own = { unsure: undefined, file: undefined };
  const same = JSON.stringify({ ...answer.guard, ask: 0 }) == JSON.stringify({ ...config, ...own, ask: 0 });
  if (same) show(parts, answer.state, !answer.guard.ask);
  else await take(parts, answer);
  // The page could not know whether it has to ask.
  if (config.unsure && answer.guard.ask) parts.notice()?.querySelector('details').setAttribute('open', '');
}

/** Carries out what is no longer held, in the order in which it came, and forgets the rest: the visitor has answered. */
function settle({ kept, cookies, values, writeCookie, held, heldCookie, heldKey }) {
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
const mayLive =
  ({ heldIn }, services) =>
  (node) => {
    const service = node.getAttribute('data-hb');
    if (service) return service.split(' ').every((one) => services.includes(one));
    return ![...node.attributes].some(({ name, value }) => name.startsWith('data-hb-') && heldIn(name.slice(8), value));
  };

/** Says in the notice what stands now. Its markup is described in notice.py. */
function show({ notice }, state, answered = true) {
  const section = notice();
  if (!section) return;
  section.dataset.state = state.status;
  section.querySelector('.s').textContent = state.label;
  for (const box of section.querySelectorAll('[name=purpose]')) box.checked = state.purposes.includes(box.value);
  if (answered) section.querySelector('details').open = false;
}

// What the owner's lists (EasyPrivacy, EasyList) say of hosts by which no service is known. They name ninety thousand, which
// no page can carry. What they say of the hosts that the site was seen to use stands in the page; of any other the guard
// asks the proxy (banner/endpoints/listed.py).

import { Object, String, URL, nativeFetch, origin } from './natives.js';
import { digest } from './digests.js';
import { fetchNow } from './file.js';

/** The site's own host, and those below it, are nobody else's. */
const own = origin == 'null' ? '' : new URL(origin).hostname.replace(/^www\./, '');
/** Where to ask; empty where nobody may: all is released, or nothing here can wait for an answer. */
let path;
let told, answers, coming;

/** Takes over what the page is told: where to ask, and what the lists say of some hosts, each a digest of 24 bits and 0 or 1. */
export function useLists(lists) {
  if (told === String(lists)) return;
  told = String(lists);
  answers = lists && Object.create(null);
  coming = Object.create(null);
  let judged;
  [path, judged] = lists ?? [];
  for (let at = 0; at < judged?.length; at += 5) answers[judged.slice(at, at + 4)] = judged[at + 4] == '1';
}

async function ask(host) {
  const answer = await nativeFetch(origin + path + host);
  if (!answer.ok) throw new Error('Not known');
  answers[host] = (await answer.text()) == '1';
}

/**
 * Whether a list holds everything of a host. The page waits for the answer, or a call that `waits` is given a promise of
 * it; where it can't be had this throws, and a host that nobody could judge is held. A service worker can't wait, and a
 * document without an origin can't ask.
 */
export function isListed(host, waits) {
  // What only looks like a host (`//word` in a text) has no dot.
  if (!answers || !host.includes('.')) return;
  if (own && (host == own || host.endsWith('.' + own) || own.endsWith('.' + host))) return;
  let answer = (answers[host] ??= answers[digest(host).slice(0, 4)]);
  if (answer != null || !path || !own) return answer;
  if (waits) return (coming[host] ??= ask(host).finally(() => delete coming[host]));
  if (!self.XMLHttpRequest) return;
  answer = fetchNow(path + host);
  if (answer == null) throw new Error('Not known');
  return (answers[host] = answer == '1');
}

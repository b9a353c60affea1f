// Pages that a service worker keeps. What was released when it fetched them is live in them, and it shows them without the
// proxy: once that is taken back they have to go.

import { Promise, nativeFetch, setTimeout } from './parts.js';

/** So many are fetched again, for so long. The worker fetches others itself when somebody goes there. */
const MOST = 30;
const LONGEST = 2000;

/** Whether it is a page of the site's own, as it came or as the worker has composed it. */
const isPage = (answer) => /basic|default/.test(answer?.type) && /html/i.test(answer.headers.get('content-type') ?? '');

/** Puts the page as the proxy sends it now in the place of one that was kept. */
async function keepAnew([cache, { url }]) {
  const headers = { accept: 'text/html', 'upgrade-insecure-requests': '1' };
  const answer = await nativeFetch(url, { headers, cache: 'reload' });
  if (answer.ok && !answer.redirected) await cache.put(url, answer);
}

/** Throws every page away that a worker of the site keeps, and has it keep that page as it is now. */
export async function freshenPages() {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (!isPage(await cache.match(request))) continue;
      await cache.delete(request);
      found.push([cache, request]);
    }
  }
  const kept = Promise.allSettled(found.slice(0, MOST).map(keepAnew));
  await Promise.race([kept, new Promise((done) => setTimeout(done, LONGEST))]);
}

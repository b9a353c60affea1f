// The visitor took back what they had agreed to: what it left in the browser goes.

import { freshenPages } from './kept_pages.js';
import { Object, Set, bare, config, cookieNames, decoded, heldCookie, heldKey, writeCookie } from './parts.js';

const names = ({ cookies, storage }) => (cookies + '\n' + storage).split('\n').filter(Boolean);
const facts = (config) => [...Object.keys(decoded(config.places)), ...names(config)];

/** Whether `next` holds anything that is not held now. */
export function takesBack(next) {
  const before = new Set(facts(config()));
  return facts(next).some((fact) => !before.has(fact));
}

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

/** Removes everything that is held from the browser. */
export async function clear() {
  clearCookies();
  for (const name of ['localStorage', 'sessionStorage']) {
    try {
      for (const key of Object.keys(bare(self[name]))) if (heldKey(key)) self[name].removeItem(key);
    } catch {}
  }
  try {
    for (const { name } of await indexedDB.databases()) if (heldKey(name)) indexedDB.deleteDatabase(name);
    for (const name of await caches.keys()) if (heldKey(name)) await caches.delete(name);
    await freshenPages();
  } catch {}
}

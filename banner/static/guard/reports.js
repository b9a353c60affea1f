// Tells the proxy which hosts the page's scripts asked for, so that the site's owner learns of them. Nothing else is told:
// no path, no cookie, nothing of the visitor's.

import { JSON, nativeFetch, setTimeout } from './natives.js';
import { asked, config } from './facts.js';

const SETTLED = 3000;

/** Sends the hosts once the page has settled, and those that came later when it is left. */
export function report() {
  let told = 0;
  const send = () => {
    const hosts = Object.keys(asked);
    if (hosts.length == told) return;
    told = hosts.length;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(hosts), keepalive: true };
    nativeFetch(self.origin + config.prefix + '/seen', init).catch(() => {});
  };
  addEventListener('load', () => setTimeout(send, SETTLED));
  addEventListener('pagehide', send);
}

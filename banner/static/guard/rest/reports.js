// What a page tells the proxy: that it is looked at, the hosts that its scripts asked for, and the names under which they
// keep something. So the site's owner learns of these. No path and no value is told, and nothing of the visitor's.

import { JSON, Object, asked, config, doc, kind, nativeFetch, setTimeout, wrap, origin } from './parts.js';

const SETTLED = 3000;

/** Sends the names once the page has settled, and those that came later when it is left. */
function report() {
  let told = 0;
  const send = () => {
    const things = Object.entries(asked).map(([thing, more]) => thing + more);
    if (things.length == told) return;
    told = things.length;
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(things),
      keepalive: true,
    };
    nativeFetch(origin + config().prefix + '/seen', init).catch(() => {});
  };
  const settle = () => setTimeout(send, SETTLED);
  if (doc.readyState == 'complete') settle();
  else addEventListener('load', settle);
  addEventListener('pagehide', send);
}

/** This page is looked at, and the proxy could not see it. An answer that nobody reads would keep its connection. */
export function view() {
  nativeFetch(origin + config().prefix + '/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ event: 'page view', properties: { referrer: doc.referrer } }),
    keepalive: true,
  })
    .then((answer) => answer.text())
    .catch(() => {});
}

/** The page was fetched before the visitor went to it, so the proxy has counted no view: it is one as soon as it is shown. */
function viewLater() {
  if (doc.prerendering) doc.addEventListener('prerenderingchange', view, { once: true });
  else view();
}

/** A page that a script brings in the place of this one (HTML, "history.pushState()") is looked at as well. */
function watchMoves() {
  if (self != self.top) return;
  let place = location.pathname;
  const moved = () => {
    if (location.pathname == place) return;
    place = location.pathname;
    if (config().counts) view();
  };
  wrap(kind(self, 'History'), 'pushState', undefined, moved);
  addEventListener('popstate', moved);
}

/** The answer with this page cleared the site's cookies away, and the visitor's choice with them. */
const renew = (token) =>
  nativeFetch(`${origin}${config().prefix}/again?as=${token}`, { method: 'POST', keepalive: true }).catch(() => {});

/** Begins to tell what the page's marks ask for (see banner/guard/config.py). */
export function beginTelling({ again, tell, view: ahead }) {
  if (tell != null) report();
  if (ahead != null) viewLater();
  watchMoves();
  if (again) renew(again);
}

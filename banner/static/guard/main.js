// The guard: first in <head>, it stands between the page's scripts and everything that a held service could use.
// HELD is the configuration, SHEET the notice's style where that is not in the page; HOLDBACK the function around all
// this (banner/guard/config.py writes them).

import { JSON, doc } from './core/natives.js';
import { adopt, config } from './core/facts.js';
import { holdConnections } from './network/connections.js';
import { holdCookies } from './network/cookies.js';
import { holdElements } from './elements/elements.js';
import { holdMarkup } from './elements/insertion.js';
import { holdNetwork } from './network/calls.js';
import { begin, holdRealms } from './realms/frames.js';
import { holdStorage } from './network/storage.js';
import { holdStyles } from './texts/styles.js';
import { hideLinks } from './network/links.js';
import { signal, watch } from './page/stubs.js';
import { listen, tend } from './page/notice.js';
import { renew, report, viewLater, watchMoves } from './network/reports.js';

function install(w) {
  holdNetwork(w);
  holdConnections(w);
  holdCookies(w);
  holdStorage(w);
  holdElements(w);
  holdStyles(w);
  holdMarkup(w);
  holdRealms(w);
}

// What differs from page to page stands beside the name of a guard that is a file (banner/guard/files.py).
const { again, here, tell, view: ahead } = doc?.currentScript?.dataset ?? {};
adopt(here ? { ...HELD, ...JSON.parse(here) } : HELD);
doc?.currentScript?.remove();
begin(install);
if (doc) {
  watch();
  hideLinks(config.links);
  if (config.granted) signal(config.granted, 'default');
  tend(SHEET);
  if (tell != null) report();
  if (ahead != null) viewLater();
  watchMoves();
  if (again) renew(again);
} else listen();

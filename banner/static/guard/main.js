// The guard: first in <head>, it stands between the page's scripts and everything that a held service could use.
// HELD is the configuration, SHEET the notice's style where that is not in the page; HOLDBACK the function around all
// this (banner/guard/config.py writes them).

import { JSON, doc } from './natives.js';
import { adopt, config } from './facts.js';
import { holdConnections } from './connections.js';
import { holdCookies } from './jar.js';
import { holdElements } from './elements.js';
import { holdMarkup } from './markup.js';
import { holdNetwork } from './network.js';
import { begin, holdRealms } from './frames.js';
import { holdStorage } from './storage.js';
import { holdStyles } from './styles.js';
import { hideLinks } from './links.js';
import { signal, watch } from './stubs.js';
import { listen, tend } from './notice.js';
import { renew, report, view } from './reports.js';

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
const { again, here, later: file, tell, view: ahead } = doc?.currentScript?.dataset ?? {};
adopt(here ? { ...HELD, ...JSON.parse(here) } : HELD);
doc?.currentScript?.remove();
begin(install);
if (doc) {
  watch();
  hideLinks(config.links);
  if (config.granted) signal(config.granted, 'default');
  tend(file, SHEET);
  if (tell != null) report();
  if (ahead != null) view();
  if (again) renew(again);
} else listen();

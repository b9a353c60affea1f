// The guard: first in <head>, it stands between the page's scripts and everything that a held service could use.
// HELD is the configuration; HOLDBACK the function around all this (guard_config.py writes both).

import { doc } from './natives.js';
import { adopt } from './facts.js';
import { holdCookies } from './jar.js';
import { holdElements } from './elements.js';
import { holdMarkup } from './markup.js';
import { holdNetwork } from './network.js';
import { begin, holdRealms } from './frames.js';
import { holdStorage } from './storage.js';
import { hideLinks } from './links.js';
import { tend } from './notice.js';

function install(w) {
  holdNetwork(w);
  holdCookies(w);
  holdStorage(w);
  holdElements(w);
  holdMarkup(w);
  holdRealms(w);
}

adopt(HELD);
doc?.currentScript?.remove();
begin(install);
if (doc) {
  hideLinks(HELD.links);
  tend();
}

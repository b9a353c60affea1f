// The guard: first in <head>, it stands between the page's scripts and everything that a held service could use.
// HELD is the configuration, SHEET the notice's style where that is not in the page, REST what makes the rest of the guard
// where that is at hand; HOLDBACK the function around all this (banner/guard/config.py writes them).

import {
  JSON,
  Map,
  Object,
  Promise,
  Request,
  Set,
  String,
  URL,
  WeakMap,
  WeakSet,
  apply,
  construct,
  defineProperty,
  doc,
  getAttribute,
  getter,
  kind,
  nativeFetch,
  origin,
  removeAttribute,
  setAttribute,
  setTimeout,
  setter,
  trusted,
} from './core/natives.js';
import { nameOf, text } from './core/platform.js';
import { bare } from './core/facades.js';
import { holdSource, isVouched, wrap } from './core/stand_ins.js';
import { adopt, asked, config, held, heldCookie, heldKey, isOurs, mentions, note } from './core/facts.js';
import { decoded } from './core/digests.js';
import { createElement, factory, nonce } from './core/file.js';
import { parts, rest } from './core/rest.js';
import { holdConnections } from './network/connections.js';
import { cookieNames, cookies, holdCookies, holdWrite, writeCookie } from './network/cookies.js';
import { given, holdElements } from './elements/elements.js';
import { holdMarkup } from './elements/insertion.js';
import { holdNetwork } from './network/calls.js';
import { Blob, blobAt, createObjectURL, texts, typeOf } from './realms/blobs.js';
import { begin, holdRealms } from './realms/frames.js';
import { holdStorage, values } from './network/storage.js';
import { fetches, heldImport, heldIn, isPreload } from './texts/live_attributes.js';
import { heldStyle, holdStyles } from './texts/styles.js';
import { hideLinks, showLinks } from './network/links.js';
import { meant, recorded, stubs, watch } from './page/stubs.js';
import { listenAndTell, notice, tend } from './page/notice.js';

// What the rest works with: see rest/parts.js.
Object.assign(parts, {
  Blob,
  JSON,
  Map,
  Object,
  Promise,
  Request,
  Set,
  String,
  URL,
  WeakMap,
  WeakSet,
  adopt,
  apply,
  asked,
  bare,
  blobAt,
  construct,
  cookieNames,
  cookies,
  createElement,
  createObjectURL,
  decoded,
  defineProperty,
  doc,
  factory,
  fetches,
  getAttribute,
  given,
  held,
  heldCookie,
  heldImport,
  heldIn,
  heldKey,
  heldStyle,
  holdWrite,
  isOurs,
  isPreload,
  isVouched,
  kind,
  meant,
  mentions,
  nameOf,
  nativeFetch,
  nonce,
  note,
  notice,
  origin,
  recorded,
  removeAttribute,
  setAttribute,
  setTimeout,
  showLinks,
  stubs,
  text,
  texts,
  trusted,
  typeOf,
  values,
  wrap,
  writeCookie,
  config: () => config,
  defaultPolicy: getter(kind(self, 'TrustedTypePolicyFactory'), 'defaultPolicy'),
  guard: HOLDBACK,
  setImage: setter(kind(self, 'HTMLImageElement'), 'src'),
  writeInner: setter(kind(self, 'Element'), 'innerHTML'),
  writeSource: setter(kind(self, 'HTMLScriptElement'), 'src'),
  writeSrcdoc: setter(kind(self, 'HTMLIFrameElement'), 'srcdoc'),
});

function install(w) {
  holdSource(w);
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
const { here, ...marks } = doc?.currentScript?.dataset ?? {};
adopt(here ? { ...HELD, ...JSON.parse(here) } : HELD);
doc?.currentScript?.remove();
begin(install);
if (doc) {
  watch();
  hideLinks(config.links);
  if (config.granted) rest().signal(config.granted, 'default');
  tend(SHEET, marks);
} else listenAndTell();

// What is held for this visitor, as the proxy put it into the page (see banner/guard/config.py).

import { Object, Set, String, URL, base, origin } from './natives.js';
import { brief, decoded, digest, unfolded } from './digests.js';
import { bring, bringLater } from './file.js';
import { isListed, useLists } from './lists.js';

/** Where SDKs send events to below our prefix (banner/sdks/). What they only ask for is answered in any case. */
const TOLD =
  /^\/(posthog|mixpanel|amplitude)\/((i\/v0\/)?e|capture|track|engage|groups|import|batch|(2\/)?httpapi|i\/v1\/analytics\/events)\/?$/;
const ownHost = origin == 'null' ? '' : new URL(origin).host;

let places, exempt, cookieNames, keyNames, freeCookies, freeKeys, hosts, outlines;

/**
 * The configuration in force: `prefix`, `places`, `exempt`, `paths`, `cookies`, `storage`, `freeCookies`, `ask` … On the
 * first page of a visit `outline` stands for most of it, and `file` says where the rest is.
 */
export let config;

/** Puts another configuration in force. What it says is decoded when it is first needed. */
export function adopt(next) {
  config = next;
  useLists(next.lists);
  places = exempt = cookieNames = keyNames = freeCookies = freeKeys = outlines = undefined;
  hosts = Object.create(null);
}

/** Takes over what the file says, where only an outline was known. What differs from page to page stays. */
function fill(held) {
  if (!config.outline) return;
  const { ask, links, unsure, lists } = config;
  adopt({ ...held, ask, links, unsure, lists });
  for (const act of waiting) {
    try {
      act();
    } catch {}
  }
  waiting.clear();
}

/** Sees to it that all is known. Where it can't be had this throws: what nobody could judge is held. */
export function learn() {
  if (config.outline) bring(config.file, fill);
  if (config.outline) throw new Error('Not known');
}

let coming;
const waiting = new Set();

/** Has `act` run as soon as all is known, before anybody acts on that. */
export function whenKnown(act) {
  waiting.add(act);
  learnLater().catch(() => {});
}

/** As `learn`, without making the page wait. */
export async function learnLater() {
  if (!config.outline) return;
  coming ??= bringLater(config.file, fill).finally(() => (coming = undefined));
  await coming;
  learn();
}

/**
 * Whether the outline has this: 18 bits of each host and name. What is not in it is not held; what is in it may be, which
 * the whole says. One in three hundred is in it by chance.
 */
function outlined(what, text) {
  outlines ??= { hosts: unfolded(config.outline.hosts), names: unfolded(config.outline.names) };
  return outlines[what][brief(text)];
}

/** Whether the outline leaves it open that something of a host is held. */
function mayHoldHost(host) {
  for (let name = host; name; name = name.slice(name.indexOf('.') + 1 || name.length)) {
    if (outlined('hosts', name)) return true;
  }
}

/** Whether the outline leaves it open that a name is held: itself, or what a pattern begins with. */
function mayHoldName(name) {
  if (outlined('names', name)) return true;
  const { shortest, longest } = config.outline;
  if (!outlined('names', name.slice(0, shortest) + '?')) return;
  for (let end = Math.min(name.length, longest); end >= shortest; end--) {
    if (outlined('names', name.slice(0, end) + '*')) return true;
  }
}

/** Held (true), exempt (false), or not known. */
function known(place) {
  places ??= decoded(config.places);
  exempt ??= decoded(config.exempt);
  place = digest(place);
  if (places[place]) return true;
  if (exempt[place]) return false;
}

/** The most specific of `place` and the paths under it that is known. */
function knownPath(place, path) {
  let found;
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
    found ??= known(place + path.slice(0, at));
  }
  return found;
}

/** The path as the site may read it: decoded, slashes merged (the URL parser has resolved the dots). */
function plain(path) {
  try {
    path = decodeURIComponent(path);
  } catch {}
  return path.replace(/\/+/g, '/').replace(/\/$/, '');
}

function heldHost(host, path) {
  let parents = hosts[host];
  if (!parents) {
    parents = [];
    for (let name = host; name; name = name.slice(name.indexOf('.') + 1 || name.length)) {
      const all = known(name);
      const some = known(name + '/');
      if (some || all != undefined) parents.push([name, all, some]);
    }
    hosts[host] = parents;
  }
  for (const [name, all, some] of parents) {
    const answer = (some ? knownPath(name, plain(path)) : undefined) ?? all;
    if (answer != undefined) return answer;
  }
}

/** On the site's own host: prefixes of the path, and its endings for endpoints that may lie anywhere (`*` before them). */
function heldPath(path) {
  path = plain(path);
  if (knownPath('', path)) return true;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    if (known('*' + path.slice(at))) return true;
  }
}

/** Whether an absolute URL leads to the proxy itself. */
export const isOurs = (url) => url.startsWith(origin + config.prefix + '/');

/**
 * What scripts of the page asked for and keep, by name: hosts, and `storage:` or `cookie:` with a name; under a cookie how
 * long it lasts, as it is written (see reports.js).
 */
export const asked = Object.create(null);
/** For so many hosts, and so many things that are kept. */
const room = [50, 50];

let told;

/** A worker has no page to be left and tells nobody by itself: `act` is given what it notes, as `note` takes it. */
export function tellEach(act) {
  told = act;
}

/** Notes a host, or a thing that is kept. Nobody reads a key of 100 kB, and a report has its limit. */
export function note(thing, more = '', isKept = 1) {
  if (asked[thing] == null && thing.length < 200 && room[isKept]-- > 0) {
    asked[thing] = more.slice(0, 99);
    told?.([thing, more, isKept]);
  }
}

/** An address as a browser shows it: absolute, where it is one at all. */
export function absolute(url) {
  try {
    return new URL(url, base()).href;
  } catch {
    return url;
  }
}

/** An address that has what it shows within itself. The URL parser takes these characters off its beginning (URL, 4.4). */
const WRITTEN = /^[\0-\x20]*(?:data|blob):/i;

/**
 * The absolute URL if it is one that is held, else undefined. `blob:`, `data:` and the like never are. Where nothing here
 * says it, the page waits for the file or the proxy; a call that `waits` itself is given a promise of that.
 */
export function isHeld(url, isAsked, waits) {
  let parsed;
  url = String(url);
  // A picture within the page may have a million letters.
  if (WRITTEN.test(url)) return;
  try {
    parsed = new URL(url, base());
  } catch {
    return;
  }
  if (!/^(http|ws)s?:/.test(parsed.protocol)) return;
  const host = parsed.hostname.replace(/\.$/, '');
  // What is done about it is in the file, too.
  const found = () => (waits && config.outline ? learnLater() : parsed.href);
  if (parsed.host == ownHost) {
    // What comes to us is judged where it arrives, but for what an SDK tells of a visitor who may yet agree.
    const isHeld = isOurs(parsed.href)
      ? !config.counts && TOLD.test(parsed.pathname.slice(config.prefix.length))
      : config.paths && heldPath(parsed.pathname);
    return isHeld ? found() : undefined;
  }
  if (isAsked) note(host, '', 0);
  if (config.outline && mayHoldHost(host)) {
    if (waits) return learnLater();
    learn();
  }
  if (!config.outline && heldHost(host, parsed.pathname)) return parsed.href;
  const answer = isListed(host, waits);
  if (answer !== true) return answer || undefined;
  return found();
}

/** The same for what a script asks for, which is noted. */
export const held = (url) => isHeld(url, true);

/** The same for a call that can wait: it is given a promise where it has to, and asks again then. */
export const heldForNow = (url) => isHeld(url, true, true);

/** Whether the URL is where choices are made. No script of the page has business there. */
export function isChoice(url) {
  try {
    const { host, pathname } = new URL(String(url), base());
    return host == ownHost && plain(pathname) == config.prefix + '/choice';
  } catch {}
}

/** Attributes whose value may be the last part of a path of the site's own. */
const RELATIVE = /\b(?:src|data|poster|background|href|ping|from|to|values)\s*=\s*["']?([^"'\s>]+)/gi;

/** A link that does nothing but lead somewhere. */
const PLAIN_LINK = /<a\s+(?:(?:href="(?:https?:\/)?\/[^"<>]*"|(?:class|title|target|rel|id)="[^"<>]*")\s*)*>/gi;

/**
 * Whether markup or a style sheet has a whole document in it, or names a host or a path of which anything is held. With a
 * character reference it may.
 */
export function mentions(text) {
  // Most markup that scripts write has no address in it. An end tag is none, but where it is the value of an attribute.
  text = text.replace(/(?<!=\s*)<\/[a-z][a-z\d-]*>|[\t\n\r]/gi, '');
  if (!/[/\\&=]/.test(text)) return;
  // A link asks for nothing, and what lists say of its host would have to be asked for.
  if (config.lists) text = text.replace(PLAIN_LINK, '');
  if (/&(#|sol|bsol|colon|period|lowbar|underbar|percnt|tab|newline)|\\|srcdoc/i.test(text)) return true;
  for (const [, host] of text.matchAll(/\/\/(?:[^/\s"'<>?#@]*@)?([^/\s"'<>?#:)]+)/g)) {
    if (isHeld('http://' + host) || hosts[host.toLowerCase()]?.length) return true;
  }
  if (!config.paths) return;
  const paths = text.split(/["'()\s,;<>=]+/).filter((part) => part.includes('/'));
  for (const [, path] of text.matchAll(RELATIVE)) paths.push(path);
  return paths.some(isHeldPath);
}

/** Whether an address is one of the site's own that is held. */
const isHeldPath = (url) => {
  try {
    const { host, pathname } = new URL(url, base());
    return host == ownHost && heldPath(pathname);
  } catch {}
};

/** Names with `*` as their only wildcard, one a line, as one expression. */
const pattern = (text) =>
  new RegExp(
    text
      ? `^(${text
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replace(/\*/g, '.*')
          .replace(/\n/g, '|')})$`
      : '$.',
    's',
  );

/** Whether there is no need to look closer at a name. Else all is known. */
function isFree(name) {
  if (config.outline) {
    if (!mayHoldName(name)) return true;
    learn();
  }
}

/** Whether only an outline is known, and leaves it open that this name is held. */
export const isOpen = (name) => config.outline && mayHoldName(name);

export const heldCookie = (name) =>
  !isFree(name) &&
  (cookieNames ??= pattern(config.cookies)).test(name) &&
  !(freeCookies ??= pattern(config.freeCookies)).test(name);
export const heldKey = (key) =>
  !isFree(key) && (keyNames ??= pattern(config.storage)).test(key) && !(freeKeys ??= pattern(config.freeStorage)).test(key);

// Connections to what is held.

import { String, URL, held } from './parts.js';

/**
 * A connection is made to port 1 of the same host, which no browser connects to (Fetch, "bad port"): it fails as it
 * would on a bad network, by the browser's own events.
 */
export function closed(url) {
  const closed = new URL(url);
  closed.port = '1';
  return closed.href;
}

/** A peer's configuration without the held servers: those are only asked which address this is. */
export function withoutServers(given) {
  const { iceServers, ...more } = given;
  if (!iceServers) return given;
  const free = [...iceServers]
    .map(({ urls, url, ...server }) => ({ ...server, urls: [].concat(urls ?? url).map(String) }))
    .filter(({ urls }) => !urls.some((one) => held(one.replace(/^\w+:(\/\/)?/, 'http://'))));
  return { ...more, iceServers: free };
}

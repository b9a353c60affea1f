// Connections that scripts open: sockets, event streams, peers.

import { String, URL, kind, wrap } from '../core/natives.js';
import { held } from '../core/facts.js';

/**
 * A connection is made to port 1 of the same host, which no browser connects to (Fetch, "bad port"): it fails as it
 * would on a bad network, by the browser's own events. An event stream would try again for ever, so it is given
 * something that is none.
 */
function elsewhere(_, args) {
  const url = held(args[0]);
  if (!url) return;
  const closed = new URL(url);
  closed.port = '1';
  args[0] = closed.href;
}

/** A peer goes without the held servers: those are only asked which address this is. */
const withoutServers = (_, args) => {
  const { iceServers, ...rest } = args[0] ?? {};
  if (!iceServers) return;
  const free = [...iceServers]
    .map(({ urls, url, ...server }) => ({ ...server, urls: [].concat(urls ?? url).map(String) }))
    .filter(({ urls }) => !urls.some((one) => held(one.replace(/^\w+:(\/\/)?/, 'http://'))));
  args[0] = { ...rest, iceServers: free };
};

/** Stands in front of everything in the realm of `w` that opens a connection. */
export function holdConnections(w) {
  wrap(w, 'WebSocket WebSocketStream WebTransport', elsewhere, undefined, [0]);
  wrap(
    w,
    'EventSource',
    (_, args) => {
      if (held(args[0])) args[0] = 'data:,';
    },
    undefined,
    [0],
  );
  wrap(kind(w, 'RTCPeerConnection'), 'setConfiguration', withoutServers);
  wrap(w, 'RTCPeerConnection webkitRTCPeerConnection', withoutServers);
}

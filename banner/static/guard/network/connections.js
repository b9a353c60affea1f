// Connections that scripts open: sockets, event streams, peers.

import { kind } from '../core/natives.js';
import { wrap } from '../core/stand_ins.js';
import { held } from '../core/facts.js';
import { rest } from '../core/rest.js';

function elsewhere(_, args) {
  const url = held(args[0]);
  if (url) args[0] = rest().closed(url);
}

const withoutServers = (_, args) => {
  if (args[0]) args[0] = rest().withoutServers(args[0]);
};

/** Stands in front of everything in the realm of `w` that opens a connection. */
export function holdConnections(w) {
  wrap(w, 'WebSocket WebSocketStream WebTransport', elsewhere, undefined, [0]);
  wrap(
    w,
    'EventSource',
    (_, args) => {
      // It would try again for ever, so it is given something that is none.
      if (held(args[0])) args[0] = 'data:,';
    },
    undefined,
    [0],
  );
  wrap(kind(w, 'RTCPeerConnection'), 'setConfiguration', withoutServers);
  wrap(w, 'RTCPeerConnection webkitRTCPeerConnection', withoutServers);
}

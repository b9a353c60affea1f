// Calls that scripts make: fetch, XMLHttpRequest, beacons.

import { WeakMap, apply, kind } from '../core/natives.js';
import { addressOf } from '../core/platform.js';
import { wrap } from '../core/stand_ins.js';
import { held, heldForNow, isChoice } from '../core/facts.js';
import { rest } from '../core/rest.js';

/** What a call is answered with that nobody may make, in the realm of `w`. */
export const failed = (w) => w.Promise.reject(new w.TypeError('Failed to fetch'));

function holdFetch(w) {
  const { Promise, Request, Response } = w;
  wrap(
    w,
    'fetch',
    (_, [input, init]) => {
      const url = addressOf(input);
      if (isChoice(url)) return [failed(w)];
      const answer = heldForNow(url);
      if (!answer) return;
      if (typeof answer == 'object') return [Promise.resolve(answer.then(() => fetch(input, init)))];
      return rest().heldFetch({ Promise, Request, Response }, input, init);
    },
    undefined,
    [0],
  );
  const fetch = w.fetch?.bind(w);
}

function holdXHR(w) {
  const prototype = kind(w, 'XMLHttpRequest');
  const calls = new WeakMap();
  wrap(
    prototype,
    'open',
    (xhr, args) => {
      const url = isChoice(args[1]) || held(args[1]);
      const before = calls.get(xhr);
      if (url || before) calls.set(xhr, rest().opened(xhr, before, args, url));
    },
    undefined,
    [0, 1],
  );
  wrap(prototype, 'setRequestHeader', (xhr, [name, value]) => void calls.get(xhr)?.headers.push([name, value]));
  wrap(prototype, 'abort', (xhr) => void calls.delete(xhr));
  wrap(prototype, 'send', (xhr, [body]) => {
    const call = calls.get(xhr);
    if (call) return rest().sent(w, xhr, call, body, () => calls.get(xhr) == call);
  });
}

function holdBeacon(w) {
  wrap(
    kind(w, 'Navigator'),
    'sendBeacon',
    (navigator, [address, body], native) => {
      if (isChoice(address)) return [false];
      const url = heldForNow(address);
      if (!url) return;
      if (typeof url != 'object') return rest().beacon(navigator, url, body, native);
      url.then(
        () => apply(sendBeacon, navigator, [address, body]),
        () => {},
      );
      return [true];
    },
    undefined,
    [0],
  );
  const { sendBeacon } = kind(w, 'Navigator') ?? {};
  wrap(
    w,
    'fetchLater',
    (_, [input, init]) => (held(addressOf(input)) ? rest().fetchLater(input, init) : undefined),
    undefined,
    [0],
  );
}

/** Stands in front of everything in the realm of `w` (a window or a worker) that calls out. */
export function holdNetwork(w) {
  holdFetch(w);
  holdXHR(w);
  holdBeacon(w);
}

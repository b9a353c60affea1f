// Calls that scripts make: fetch, XMLHttpRequest, beacons.

import { Object, WeakMap, apply, kind } from '../core/natives.js';
import { addressOf } from '../core/platform.js';
import { wrap } from '../core/stand_ins.js';
import { absolute, held, heldForNow, isChoice } from '../core/facts.js';
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
  const { send } = prototype ?? {};
  /** What there is to know of a call that is held, or of which nobody knows yet (`known`, a promise). */
  const calls = new WeakMap();
  const sent = (xhr, call, body) => rest().sent(w, xhr, call, body, () => calls.get(xhr) == call);

  /** What a call was to is known now: it is sent, or held. */
  function decided(xhr, { args, headers }, body) {
    const url = held(args[1]);
    if (!url) {
      calls.delete(xhr);
      return apply(send, xhr, [body]);
    }
    const call = Object.assign(rest().opened(xhr, undefined, args, url), { headers });
    calls.set(xhr, call);
    sent(xhr, call, body);
  }

  wrap(
    prototype,
    'open',
    (xhr, args) => {
      const [verb, address] = args;
      const before = calls.get(xhr);
      // A call for which the page itself waits is decided about at once.
      const later = args.length < 3 || args[2];
      const url = isChoice(address) || (later ? heldForNow(address) : held(address));
      const isKnown = typeof url != 'object';
      if (before?.shown || (url && isKnown)) calls.set(xhr, rest().opened(xhr, before, args, isKnown && url));
      else calls.delete(xhr);
      if (!isKnown) calls.set(xhr, { known: url, args: [verb, absolute(address), true], headers: [] });
    },
    undefined,
    [0, 1],
  );
  wrap(prototype, 'setRequestHeader', (xhr, [name, value]) => void calls.get(xhr)?.headers.push([name, value]));
  wrap(prototype, 'abort', (xhr) => void calls.delete(xhr));
  wrap(prototype, 'send', (xhr, [body]) => {
    const call = calls.get(xhr);
    if (!call?.known) return call && sent(xhr, call, body);
    const unlessAnew = (act) => () => calls.get(xhr) == call && act();
    const fail = () => ['error', 'loadend'].forEach((name) => xhr.dispatchEvent(new w.ProgressEvent(name)));
    call.known.then(unlessAnew(() => decided(xhr, call, body))).catch(unlessAnew(fail));
    return [];
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

// Calls that scripts make: fetch, XMLHttpRequest, beacons.

import {
  JSON,
  Object,
  Request,
  String,
  URL,
  WeakMap,
  addressOf,
  apply,
  defineProperty,
  kind,
  nativeFetch,
  setTimeout,
  wrap,
} from '../core/natives.js';
import { held, isChoice } from '../core/facts.js';
import { keep } from '../core/queue.js';

/** Tells us how long a call has waited, in milliseconds. */
const WAITED = 'hb-waited';

/**
 * The vendor's own words for "thank you", so that nobody retries: one body that all of them take for success, but for
 * Mixpanel's, which must be a bare 1, and Segment's settings, without which its library never starts.
 */
function quiet(url, size) {
  const { pathname, search } = new URL(url);
  const project = pathname.match(/\/projects\/([^/]+)\/settings/);
  if (project) return JSON.stringify({ integrations: { 'Segment.io': { apiKey: project[1] } } });
  if (search.includes('verbose=1')) return '{"error":null,"status":1}';
  if (/\/(track|engage|groups|record)\/?$/.test(pathname)) return '1';
  return JSON.stringify({
    status: 'Ok',
    success: true,
    code: 200,
    events_ingested: 1,
    payload_size_bytes: size,
    server_upload_time: Date.now(),
    flags: {},
    featureFlags: {},
    results: {},
  });
}

/** Keeps a request; resolves to the size of its body. */
async function keepRequest(request) {
  const body = await request.arrayBuffer();
  const size = body.byteLength;
  keep(request.url, size, (waited) => {
    const again = new Request(request, size ? { body, keepalive: false } : {});
    if (waited) again.headers.set(WAITED, waited);
    return nativeFetch(again);
  });
  return size;
}

function holdFetch(w) {
  const own = { Promise: w.Promise, Request: w.Request, Response: w.Response, TypeError: w.TypeError };
  wrap(
    w,
    'fetch',
    (_, [input, init]) => {
      const url = addressOf(input);
      if (isChoice(url)) return [own.Promise.reject(new own.TypeError('Failed to fetch'))];
      if (!held(url)) return;
      let request;
      try {
        request = new own.Request(input, init);
      } catch (error) {
        return [own.Promise.reject(error)];
      }
      if (request.signal.aborted) return;
      const answer = async () => {
        const response = new own.Response(quiet(request.url, await keepRequest(request)), {
          headers: { 'content-type': 'application/json' },
        });
        defineProperty(response, 'url', { value: request.url });
        return response;
      };
      return [own.Promise.resolve(answer())];
    },
    undefined,
    [0],
  );
}

function holdXHR(w) {
  const prototype = kind(w, 'XMLHttpRequest');
  const held_ = new WeakMap();
  wrap(
    prototype,
    'open',
    (xhr, [verb, address, later = true, user]) => {
      const mine = isChoice(address);
      const url = mine || held(address);
      for (const name of held_.get(xhr)?.shown ?? []) delete xhr[name];
      held_.delete(xhr);
      if (url) held_.set(xhr, { verb, url, mine, later, headers: [], shown: [] });
    },
    undefined,
    [0, 1],
  );
  wrap(prototype, 'setRequestHeader', (xhr, [name, value]) => {
    held_.get(xhr)?.headers.push([name, value]);
  });
  wrap(prototype, 'abort', (xhr) => {
    held_.delete(xhr);
  });
  wrap(prototype, 'send', (xhr, [body]) => {
    const call = held_.get(xhr);
    if (!call) return;
    const { verb, url, mine, later, headers } = call;
    if (!mine) {
      /** @type {RequestInit} */
      const init = { method: verb, headers, credentials: xhr.withCredentials ? 'include' : 'same-origin' };
      if (body != null && !/^(get|head)$/i.test(verb)) init.body = body;
      try {
        keepRequest(new Request(url, init)).catch(() => {});
      } catch {}
    }
    const answer = () => {
      if (held_.get(xhr) == call) show(w, xhr, call, mine ? '' : quiet(url, String(body ?? '').length));
    };
    if (later) setTimeout(answer);
    else answer();
    return [];
  });
}

/** Makes a request that was never sent look answered, and says so by the events that an answer has. */
function show(w, xhr, call, text) {
  const type = xhr.responseType;
  const response =
    type == 'json'
      ? JSON.parse(text || 'null')
      : type == 'arraybuffer'
        ? new w.TextEncoder().encode(text).buffer
        : type == 'blob'
          ? new w.Blob([text])
          : type == 'document'
            ? null
            : text;
  const seen = {
    readyState: 4,
    status: call.mine ? 403 : 200,
    statusText: 'OK',
    responseURL: call.url,
    response,
    responseText: text,
    getResponseHeader: (name) => (/^content-type$/i.test(name) ? 'application/json' : null),
    getAllResponseHeaders: () => 'content-type: application/json\r\n',
  };
  for (const name in seen) defineProperty(xhr, name, { value: seen[name], configurable: true });
  call.shown = Object.keys(seen);
  for (const name of ['readystatechange', 'load', 'loadend']) xhr.dispatchEvent(new w.ProgressEvent(name));
}

function holdBeacon(w) {
  wrap(
    kind(w, 'Navigator'),
    'sendBeacon',
    (navigator, [address, body], native) => {
      if (isChoice(address)) return [false];
      const url = held(address);
      if (!url) return;
      keep(url, body?.size ?? body?.byteLength ?? String(body ?? '').length, (waited) => {
        if (waited) return nativeFetch(url, { method: 'POST', headers: { [WAITED]: waited }, body });
        apply(native, navigator, [url, body]);
      });
      return [true];
    },
    undefined,
    [0],
  );
  wrap(
    w,
    'fetchLater',
    (_, [input, init]) => {
      const request = new Request(input, init);
      if (!held(request.url)) return;
      keepRequest(request).catch(() => {});
      return [{ activated: false }];
    },
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

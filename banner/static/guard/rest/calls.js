// What a call gets that is held: it is kept for the case that the visitor agrees, and answered as its vendor would.

import { JSON, Object, Request, String, URL, apply, defineProperty, nativeFetch, setTimeout } from './parts.js';
import { keep } from './queue.js';

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

/** Answers a `fetch` by a realm that has these constructors. */
export function heldFetch(own, input, init) {
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
}

/** An XMLHttpRequest is opened: what there is to know of the call if it is held. `url` is true for a choice. */
export function opened(xhr, before, args, url) {
  for (const name of before?.shown ?? []) delete xhr[name];
  const later = args.length < 3 || args[2];
  return url ? { verb: args[0], url, mine: url === true, later, headers: [], shown: [] } : undefined;
}

/** A held XMLHttpRequest is sent. `stands` says whether it was opened anew or aborted since. */
export function sent(w, xhr, call, body, stands) {
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
    if (stands()) show(w, xhr, call, mine ? '' : quiet(url, String(body ?? '').length));
  };
  if (later) setTimeout(answer);
  else answer();
  return [];
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

/** Answers a beacon. */
export function beacon(navigator, url, body, native) {
  keep(url, body?.size ?? body?.byteLength ?? String(body ?? '').length, (waited) => {
    if (waited) return nativeFetch(url, { method: 'POST', headers: { [WAITED]: waited }, body });
    apply(native, navigator, [url, body]);
  });
  return [true];
}

/** Answers a `fetchLater`. */
export function fetchLater(input, init) {
  keepRequest(new Request(input, init)).catch(() => {});
  return [{ activated: false }];
}

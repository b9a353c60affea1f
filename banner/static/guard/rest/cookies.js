// Cookies that scripts write by the Cookie Store API.

import { Object, heldCookie, holdWrite, note, text } from './parts.js';

/** `CookieStore.set` is about to be called: whether its cookie is held. */
export function storesCookie(args) {
  // What is judged is what goes on: an object could answer differently when it is asked again.
  if (args[0] === Object(args[0])) {
    const read = ([key, one]) => [key, key == 'expires' && one != null ? +one : text(one)];
    args[0] = Object.fromEntries(Object.entries(args[0]).map(read));
  }
  const [first, value] = args;
  const { name, domain, path, expires, ...more } = first?.name ? first : { name: first };
  const until = expires ? `; expires=${new Date(expires).toUTCString()}` : '';
  if (!heldCookie(name)) {
    if (name) note('cookie:' + name, until);
    return false;
  }
  holdWrite(`${name}=${value ?? more.value}; path=${path ?? '/'}${domain ? '; domain=' + domain : ''}${until}`);
  return true;
}

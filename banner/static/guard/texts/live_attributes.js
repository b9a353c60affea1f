// What makes a browser fetch something of its own accord: attributes by their names, and the addresses in their values.

import { held } from '../core/facts.js';
import { heldStyle } from './styles.js';

export const WATCHED =
  /^((image)?src(set|doc)?|data|poster|background|style|(\w+:)?href|ping|attributionsrc|to|from|values|on\w+|mask|filter|clip-path|fill|stroke|cursor|marker.*)$/i;

/** Whether an attribute makes the browser fetch something of its own accord. */
export const fetches = (tag, name) =>
  WATCHED.test(name) &&
  (/^(a|area)$/i.test(tag) ? !/href$/i.test(name) : /^(set|animate)$/i.test(tag) || !/^(to|from|values)$/i.test(name));

/** Whether the value of that attribute names something that is held. */
export function heldIn(name, value) {
  if (/srcset$/i.test(name)) return value.split(',').some((part) => held(part.trim().split(/\s/)[0]));
  if (/^(on|import$)/i.test(name)) return heldImport(value);
  if (/^(style|mask|filter|clip|fill|stroke|cursor|marker)/i.test(name)) return heldStyle(value);
  if (/^(ping|attr.*|values)$/i.test(name)) return value.split(/[\s;]+/).some(held);
  return !/^srcdoc$/i.test(name) && held(value);
}

/** What a script says (strings, which may look like comments), and comments. */
const COMMENTS = /("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\.)*`?)|\/\*.*?(?:\*\/|$)|\/\/[^\n]*/gs;

/** The held address of which the text of a script is a module, or rules for fetching ahead, if there is one. */
export const heldImport = (text) =>
  /\b(import|from|urls)\b/.test(text) ? heldStyle(text.replace(COMMENTS, (_, kept = ' ') => kept) + ';src') : undefined;

/** Whether an address has what it shows within itself, or within this page. */
export const isWritten = (url) => /^\s*(blob|data|javascript):/i.test(url);

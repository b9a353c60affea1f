// What the proxy writes around the guard (banner/guard/config.py), and what browsers have that TypeScript's own
// declarations lack.

/** The configuration. */
declare const HELD: any;
/** The notice's style, where that is not in the page. */
declare const SHEET: string | undefined;
/** What makes the rest of the guard of its parts, where that is at hand (see rest/main.js). */
declare const REST: ((parts: any, self: any) => any) | undefined;
/** What the rest works with. */
declare const PARTS: any;
/** The function around the guard: its own source. */
declare const HOLDBACK: Function;

interface Window {
  dataLayer?: any[];
  navigation?: any;
  trustedTypes?: any;
}
interface Document {
  prerendering?: boolean;
}

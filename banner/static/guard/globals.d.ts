// What the proxy writes around the guard (banner/guard/config.py), and what browsers have that TypeScript's own
// declarations lack.

/** The configuration. */
declare const HELD: any;
/** The notice's style, where that is not in the page. */
declare const SHEET: string | undefined;
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

// What of the guard a page can wait for: what is done about a call that is held, and about a choice. PARTS is what the
// guard gives it to work with (banner/guard/config.py writes it); what is exported here is what the guard calls.

export { beacon, fetchLater, heldFetch, opened, sent } from './calls.js';
export { check, choose } from './choices.js';
export { closed, withoutServers } from './connections.js';
export { signal } from './consent_mode.js';
export { tendControl } from './control.js';
export { storesCookie } from './cookies.js';
export { opensDatabase } from './databases.js';
export { writes } from './document_write.js';
export { documented, isHeldScript, worked } from './documents.js';
export { forget, heldAudio, hold, showsDocument } from './elements.js';
export { open } from './opening.js';
export { beginTelling } from './reports.js';
export { inert } from './rewriting.js';

// The notice of a visitor who has answered: their pages have the control alone, and what it opens comes when it is wanted.

import { Promise, config, doc, notice, origin } from './parts.js';

/** The notice's document. A request that reads it as one is what policies on trusted types leave alone. */
const fetched = () =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', `${origin}${config().prefix}/notice`);
    request.responseType = 'document';
    request.onload = () => resolve(request.response);
    request.onerror = reject;
    request.send();
  });

/** Opens the notice in the place of the control. Throws where it can't be had: a service worker may answer as it likes. */
export async function open() {
  const { content } = (await fetched()).querySelector('hb-notice template');
  const section = doc.adoptNode(content.querySelector('section'));
  section.querySelector('.n').open = true;
  section.hidden = false;
  notice().replaceWith(section);
  section.querySelector('summary').focus({ preventScroll: true });
}

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

/** Opens the notice in the place of the control. Throws where it can't be had. */
export async function open() {
  const { content } = (await fetched()).querySelector('template');
  const section = doc.adoptNode(content.querySelector('section'));
  notice().replaceWith(section);
  section.hidden = false;
  section.querySelector('details').open = true;
  section.querySelector('summary').focus({ preventScroll: true });
}

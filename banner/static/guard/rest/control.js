// The notice and the control in a corner that it is when it is closed lie over the page. Neither may be in the way of what
// the page itself has there.

import { doc, setTimeout } from './parts.js';

const USED = 'a,button,input,select,textarea,summary,label,[role=button],[onclick]';

/** What is always in the same place: a bar at the page's bottom, a chat's button. What scrolls can be scrolled to. */
const isFixed = (node) => node && (/fixed|sticky/.test(getComputedStyle(node).position) || isFixed(node.parentElement));

/** How far the control, which is in `box`, has to be lifted so that it covers nothing of the page's that is used. */
function lift({ left, top, width, height }, own) {
  let up = 0;
  for (const x of [left, left + width / 2, left + width]) {
    for (const y of [top, top + height / 2, top + height]) {
      for (const node of doc.elementsFromPoint(x, y)) {
        const used = node != own && node.closest(USED);
        if (used && isFixed(node)) up = Math.max(up, self.innerHeight - used.getBoundingClientRect().top);
      }
    }
  }
  return up < self.innerHeight / 2 ? up : 0;
}

/**
 * Gives a page that scrolls as much room at its end as the open notice takes, and keeps what gets the focus out from
 * behind it (WCAG 2.2, 2.4.11 "Focus Not Obscured").
 */
function makeRoom(root) {
  const { documentElement } = doc;
  const sheet = new CSSStyleSheet();
  const fit = () => {
    sheet.replaceSync('');
    const top = root.querySelector('.n[open]')?.getBoundingClientRect().top;
    // A page that does not scroll would get a scroll bar, and shift.
    if (!top || documentElement.scrollHeight <= self.innerHeight) return;
    const room = self.innerHeight - top;
    const end = room + parseFloat(getComputedStyle(documentElement).paddingBottom);
    sheet.replaceSync(`html{padding-bottom:${end}px!important;scroll-padding-bottom:${room}px!important}`);
    if (!doc.adoptedStyleSheets.includes(sheet)) doc.adoptedStyleSheets = [...doc.adoptedStyleSheets, sheet];
  };
  root.addEventListener('toggle', fit, true);
  for (const event of ['load', 'resize']) addEventListener(event, fit);
  fit();
}

/** Keeps the control of the notice `own`, whose tree is `root`, clear of the page's own, as long as the page is shown. */
export function tendControl(own, root) {
  makeRoom(root);
  const stepAside = () => {
    const { style } = root.querySelector('section');
    style.removeProperty('--up');
    const box = root.querySelector('summary,.o').getBoundingClientRect();
    const up = !root.querySelector('.n[open]') && box.width && lift(box, own);
    if (up) style.setProperty('--up', up + 'px');
  };
  const soon = () => setTimeout(stepAside, 99);
  root.addEventListener('toggle', stepAside, true);
  for (const event of ['load', 'resize']) addEventListener(event, soon);
  soon();
}

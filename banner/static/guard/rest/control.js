// The closed notice is a control in a corner. It must not lie on what the page itself keeps there.

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

/** Keeps the control of the notice `own`, whose tree is `root`, clear of the page's own, as long as the page is shown. */
export function tendControl(own, root) {
  const details = root.querySelector('details');
  const { style } = root.querySelector('section');
  const stepAside = () => {
    style.removeProperty('--up');
    const box = root.querySelector('summary').getBoundingClientRect();
    const up = !details.open && box.width && lift(box, own);
    if (up) style.setProperty('--up', up + 'px');
  };
  const soon = () => setTimeout(stepAside, 99);
  details.addEventListener('toggle', stepAside);
  for (const event of ['load', 'resize']) addEventListener(event, soon);
  soon();
}

// Link decoration: the page's address as scripts see it, without what an advertiser hung on the link.

let whole, bare;
const replace = self.history?.replaceState.bind(history);

/** The query without the parameters of these names; the rest as it was written. */
function without(search, names) {
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => {
      const name = pair.split('=')[0].replace(/\+/g, ' ');
      try {
        return !names.includes(decodeURIComponent(name));
      } catch {
        return !names.includes(name);
      }
    });
  return kept.length ? '?' + kept.join('&') : '';
}

const put = (search) => replace(history.state, '', location.pathname + search + location.hash);

/** Takes the held parameters out of sight before any script of the page runs. */
export function hideLinks(names) {
  if (!names) return;
  whole = location.search;
  bare = without(whole, names);
  put(bare);
}

/** Puts back what is no longer held, where the page has not moved on. */
export function showLinks(held) {
  if (whole && location.search == bare) put(without(whole, held));
}

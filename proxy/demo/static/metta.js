// Stand-in for the Meta pixel: an id in the cookie _fbp, one image for each event that the page queued.
(() => {
  const host = new URL(document.currentScript.src).origin;
  const kept = /(?:^|; )_fbp=([^;]+)/.exec(document.cookie);
  const browser = kept ? kept[1] : `fb.1.${Date.now()}.${Math.floor(Math.random() * 1e15)}`;
  document.cookie = `_fbp=${browser}; path=/; max-age=7776000; samesite=lax`;

  let account = '';
  const take = ([verb, name, data]) => {
    if (verb === 'init') account = name;
    if (verb !== 'track') return;
    const query = new URLSearchParams({id: account, ev: name, dl: location.href, fbp: browser, content: data?.name ?? ''});
    new Image().src = `${host}/tr?${query}`;
  };
  const queue = window.mtq?.queue ?? [];
  window.mtq = (...entry) => take(entry);
  queue.forEach((entry) => take([...entry]));
})();

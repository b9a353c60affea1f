// Stand-in for gtag.js: an id in the cookie _ga, one message for each page and event.
(() => {
  const host = new URL(document.currentScript.src).origin;
  const stream = new URL(document.currentScript.src).searchParams.get('id').replace('G-', '');
  const year = '; path=/; max-age=34128000; samesite=lax';
  const kept = /(?:^|; )_ga=GA1\.1\.([^;]+)/.exec(document.cookie);
  const now = Math.floor(Date.now() / 1000);
  const client = kept ? kept[1] : `${Math.floor(Math.random() * 2 ** 31)}.${now}`;
  document.cookie = `_ga=GA1.1.${client}${year}`;
  document.cookie = `_ga_${stream}=GS2.1.s${now}$o1$g1$t${now}${year}`;

  const send = (name) => {
    const query = new URLSearchParams({v: '2', tid: `G-${stream}`, cid: client, en: name, dl: location.href, dt: document.title});
    navigator.sendBeacon(`${host}/g/collect?${query}`);
  };
  const take = (entry) => { if (entry[0] === 'event') send(entry[1]); };
  const layer = (window.dataLayer ||= []);
  layer.forEach(take);
  layer.push = (...entries) => entries.forEach(take);
  send('page_view');
})();

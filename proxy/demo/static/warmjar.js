// Stand-in for Hotjar: keeps a session in a cookie and in storage, and sends home where the pointer goes.
(() => {
  const host = new URL(document.currentScript.src).origin;
  const session = localStorage.getItem('_hjSession') ?? crypto.randomUUID();
  localStorage.setItem('_hjSession', session);
  document.cookie = `_hjSession_4711=${session}; path=/; max-age=1800; samesite=lax`;

  let moves = [];
  let clicks = [];
  addEventListener('pointermove', (event) => moves.push([event.pageX, event.pageY]));
  addEventListener('click', (event) => clicks.push([event.pageX, event.pageY]));
  const send = () => {
    fetch(`${host}/record`, {method: 'POST', body: JSON.stringify({session, moves, clicks}), keepalive: true}).catch(() => {});
    moves = [];
    clicks = [];
  };
  send();
  setInterval(() => { if (moves.length || clicks.length) send(); }, 2000);
})();

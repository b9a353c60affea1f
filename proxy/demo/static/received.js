// Shows every message as it arrives, newest first, in the column of the shop that it came from.
(() => {
  const COLOURS = {
    'Gaggle Analytics': '#a35a00', 'Metta Pixel': '#2f5fb3', Warmjar: '#b3391f', 'Shop insights': '#6d4aa8', ViewTube: '#a3263c',
  };
  const sides = Object.fromEntries(['behind', 'plain'].map((side) => {
    const list = document.querySelector(`[data-list=${side}]`);
    return [side, {
      list,
      section: list.closest('section'),
      count: document.querySelector(`[data-count=${side}]`),
      people: document.querySelector(`[data-people=${side}]`),
      names: new Set(),
    }];
  }));

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const show = (entry) => {
    const side = sides[entry.behind ? 'behind' : 'plain'];
    const item = element('li');
    const head = element('header');
    const tracker = element('span', entry.tracker, 'tracker');
    tracker.style.background = COLOURS[entry.tracker] ?? '#555';
    head.append(tracker, element('span', entry.what), element('time', new Date(entry.time * 1000).toLocaleTimeString()));
    const facts = element('dl');
    for (const [name, value] of Object.entries(entry.details)) {
      if (value) facts.append(element('dt', name), element('dd', value));
    }
    item.append(head, facts);
    side.list.prepend(item);
    side.names.add(entry.tracker);
    side.section.classList.add('heard');
    side.count.textContent = side.list.children.length;
    side.people.textContent = side.names.size;
  };

  const clear = () => {
    for (const side of Object.values(sides)) {
      side.list.replaceChildren();
      side.names.clear();
      side.section.classList.remove('heard');
      side.count.textContent = side.people.textContent = 0;
    }
  };

  const source = new EventSource('/stream');
  source.addEventListener('entry', (event) => show(JSON.parse(event.data)));
  source.addEventListener('clear', clear);
  document.getElementById('clear').addEventListener('click', () => fetch('/clear', {method: 'POST'}));
})();

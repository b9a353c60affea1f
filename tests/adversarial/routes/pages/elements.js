// Elements that scripts make: every property, attribute and node by which an address gets into one.

sends('image', (at) => { new Image().src = at('.gif'); });
sends('img-property', (at) => { document.createElement('img').src = at('.gif'); });
sends('img-srcset', (at) => put('img', { srcset: `${at('.gif')} 1x, /own.gif 2x` }));
sends('img-assign', (at) => { Object.assign(new Image(), { src: at('.gif') }); });
sends('img-reflect-set', (at) => { Reflect.set(new Image(), 'src', at('.gif')); });
sends('img-lookup-setter', (at) => { HTMLImageElement.prototype.__lookupSetter__('src').call(new Image(), at('.gif')); });
sends('img-subclass', (at) => { const Pixel = class extends Image {}; new Pixel().src = at('.gif'); });
sends('img-set-attribute', (at) => { document.createElement('img').setAttribute('SrC', at('.gif')); });
sends('img-set-attribute-ns', (at) => { document.createElement('img').setAttributeNS(null, 'src', at('.gif')); });
sends('img-set-attribute-call', (at) => { Element.prototype.setAttribute.call(new Image(), 'src', at('.gif')); });
sends('img-attribute-node', (at) => {
  const node = document.createAttribute('src');
  node.value = at('.gif');
  document.createElement('img').setAttributeNode(node);
});
sends('img-attribute-node-ns', (at) => {
  const node = document.createAttributeNS(null, 'src');
  node.value = at('.gif');
  document.createElement('img').setAttributeNodeNS(node);
});
sends('img-attr-value', (at) => { const i = new Image(); i.src = '/own.gif'; i.attributes.src.value = at('.gif'); });
sends('img-attr-node-value', (at) => { const i = new Image(); i.src = '/own.gif'; i.attributes.src.nodeValue = at('.gif'); });
sends('img-attr-text-content', (at) => { const i = new Image(); i.src = '/own.gif'; i.attributes.src.textContent = at('.gif'); });
sends('img-set-named-item', (at) => {
  const node = document.createAttribute('src');
  node.value = at('.gif');
  new Image().attributes.setNamedItem(node);
});
sends('img-set-named-item-ns', (at) => {
  const node = document.createAttributeNS(null, 'src');
  node.value = at('.gif');
  new Image().attributes.setNamedItemNS(node);
});
sends('img-attr-from-other-document', (at) => {
  const node = parsed(`<img src="${at('.gif')}">`).images[0].attributes.src.cloneNode();
  new Image().setAttributeNode(node);
});
alone.sends('img-relative-to-base', (at) => {
  const base = document.createElement('base');
  base.href = at().replace(/r\/.*/, '');
  document.head.prepend(base);
  new Image().src = at('.gif').replace(/.*\/r/, 'r');
});
alone.sends('img-relative-to-later-base', (at) => {
  const made = new Image();
  const base = document.createElement('base');
  base.setAttribute('href', at().replace(/r\/.*/, ''));
  made.src = at('.gif').replace(/.*\/r/, 'r');
  document.head.prepend(base);
});
sends('img-tab-in-address', (at) => { new Image().src = at('.gif').replace('tp:', 't\tp:\n'); });
sends('img-without-scheme', (at) => { new Image().src = at('.gif').replace('http:', ''); });
sends('img-backslashes', (at) => { new Image().src = at('.gif').replace('//', '\\\\'); });
sends('img-upper-case-host', (at) => { new Image().src = at('.gif').replace('tracker', 'TRACKER'); });
sends('img-host-with-dot', (at) => { new Image().src = at('.gif').replace('.test', '.test.'); });
sends('img-user-in-address', (at) => { new Image().src = at('.gif').replace('//', '//shop@'); });
sends('picture-source', (at) => {
  const picture = put('picture');
  const source = document.createElement('source');
  source.srcset = at('.gif');
  picture.append(source, document.createElement('img'));
});
sends('script-property', (at) => put('script', { src: at('.js') }));
sends('script-async', (at) => put('script', { async: true, src: at('.js') }));
sends('script-module', (at) => put('script', { type: 'module', src: at('.js') }));
sends('script-before-first', (at) => {
  const made = document.createElement('script');
  made.src = at('.js');
  const first = document.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(made, first);
});
sends('script-text', (at) => put('script', { text: `fetch(${quoted(at())})` }));
sends('script-text-content', (at) => put('script', { textContent: `new Image().src = ${quoted(at())}` }));
sends('script-text-appended', (at) => {
  const made = document.createElement('script');
  made.append(`import(${quoted(at('.js'))})`);
  document.body.append(made);
});
sends('script-module-text', (at) => put('script', { type: 'module', textContent: `import ${quoted(at('.js'))}` }));
sends('script-module-text-export', (at) =>
  put('script', { type: 'module', text: `export * from\n${quoted(at('.js'))}` }));
sends('script-module-inner-text', (at) => put('script', { type: 'module', innerText: `import ${quoted(at('.js'))}` }));
sends('script-import-map', async (at, name) => {
  put('script', { type: 'importmap', textContent: JSON.stringify({ imports: { [name]: at('.js') } }) });
  await import(name);
});
sends('speculation-rules-prefetch', (at) =>
  put('script', {
    type: 'speculationrules',
    textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: [secure(at('.html'))], eagerness: 'immediate' }] }),
  }));
sends('speculation-rules-prerender', (at) =>
  put('script', {
    type: 'speculationrules',
    textContent: JSON.stringify({ prerender: [{ source: 'list', urls: [secure(at('.html'))], eagerness: 'immediate' }] }),
  }));
sends('iframe-property', (at) => put('iframe', { src: at('.html') }));
sends('iframe-set-after', (at) => { frame().src = at('.html'); });
sends('iframe-srcdoc', (at) => put('iframe', { srcdoc: `<img src="${at('.gif')}">` }));
sends('iframe-srcdoc-script', (at) => put('iframe', { srcdoc: `<script>fetch(${quoted(at())})</script>` }));
sends('iframe-srcdoc-attribute', (at) => put('iframe').setAttribute('srcdoc', `<img src="${at('.gif')}">`));
sends('iframe-srcdoc-attribute-node', (at) => {
  const node = document.createAttribute('srcdoc');
  node.value = `<script>fetch(${quoted(at())})</script>`;
  const made = document.createElement('iframe');
  made.setAttributeNode(node);
  document.body.append(made);
});
sends('iframe-srcdoc-nested', (at) => {
  const escape = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
  put('iframe', { srcdoc: `<iframe srcdoc="${escape(`<img src="${at('.gif')}">`)}"></iframe>` });
});
sends('iframe-srcdoc-sandboxed', (at) => {
  const made = document.createElement('iframe');
  made.sandbox = 'allow-scripts';
  made.srcdoc = `<script>fetch(${quoted(at())}, {mode: 'no-cors'})</script>`;
  document.body.append(made);
});
sends('link-stylesheet', (at) => document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: at('.css') })));
sends('link-rel-after', (at) => {
  const link = document.createElement('link');
  link.href = at('.css');
  document.head.append(link);
  link.rel = 'stylesheet';
});
sends('link-rel-list', (at) => {
  const link = document.createElement('link');
  link.href = at('.css');
  link.relList.add('stylesheet');
  document.head.append(link);
});
sends('link-preload', (at) => put('link', { rel: 'preload', as: 'image', href: at('.gif') }));
sends('link-image-srcset', (at) => put('link', { rel: 'preload', as: 'image', imageSrcset: `${at('.gif')} 1x` }));
sends('link-modulepreload', (at) => put('link', { rel: 'modulepreload', href: at('.js') }));
sends('link-prefetch', (at) => put('link', { rel: 'prefetch', href: at('.html') }));
sends('link-icon', (at) => put('link', { rel: 'icon', href: at('.gif') }));
sends('link-manifest', (at) => put('link', { rel: 'manifest', href: at('.json') }));
sends('link-compression-dictionary', (at) => put('link', { rel: 'compression-dictionary', href: at('.txt') }));
sends('link-prerender', (at) => put('link', { rel: 'prerender', href: at('.html') }));
connects('link-preconnect', (port) => put('link', { rel: 'preconnect', href: `http://${tracker}:${port}` }));
sends('video', (at) => put('video', { preload: 'auto', src: at('.mp4') }));
sends('video-poster', (at) => put('video', { poster: at('.gif') }));
sends('video-source', (at) => {
  const source = document.createElement('source');
  source.src = at('.mp4');
  put('video', { preload: 'auto' }).append(source);
});
sends('video-track', (at) => {
  const track = document.createElement('track');
  track.default = true;
  track.src = at('.vtt');
  const video = put('video', { preload: 'auto', crossOrigin: 'anonymous', src: '/own.mp4' });
  video.append(track);
  track.track.mode = 'showing';
});
sends('audio', (at) => put('audio', { preload: 'auto', src: at('.wav') }));
sends('audio-constructor', (at) => { new Audio(at('.wav')).load(); });
sends('object', (at) => put('object', { data: at('.html') }));
sends('object-typed', (at) => put('object', { type: 'image/gif', data: at('.gif') }));
sends('embed', (at) => put('embed', { src: at('.html') }));
sends('input-image', (at) => put('input', { type: 'image', src: at('.gif') }));
sends('input-image-type-after', (at) => { const made = put('input'); made.src = at('.gif'); made.type = 'image'; });
sends('body-background', (at) => { document.body.background = at('.gif'); });
sends('td-background', (at) => {
  const row = put('table').insertRow();
  row.insertCell().setAttribute('background', at('.gif'));
});
sends('svg-image-attribute', (at) => svg('image').setAttribute('href', at('.gif')));
sends('svg-image-xlink', (at) => svg('image').setAttributeNS(xlinkNS, 'xlink:href', at('.gif')));
sends('svg-image-xlink-other-prefix', (at) => svg('image').setAttributeNS(xlinkNS, 'a:href', at('.gif')));
sends('svg-image-base-value', (at) => { svg('image').href.baseVal = at('.gif'); });
sends('svg-image-animated', (at) => {
  const set = document.createElementNS(svgNS, 'set');
  set.setAttribute('attributeName', 'href');
  set.setAttribute('to', at('.gif'));
  svg('image').append(set);
});
sends('svg-fe-image', (at) => {
  const filter = svg('filter');
  const made = document.createElementNS(svgNS, 'feImage');
  filter.id = 'fe-image';
  filter.append(made);
  made.setAttribute('href', at('.gif'));
  put('p', { textContent: 'x' }).style.filter = 'url(#fe-image)';
});
sends('svg-use', (at) => svg('use').setAttribute('href', at('.svg#a')));
sends('svg-script', (at) => svg('script').setAttribute('href', at('.js')));
sends('svg-script-base-value', (at) => {
  const made = document.createElementNS(svgNS, 'script');
  made.href.baseVal = at('.js');
  document.body.append(made);
});
sends('svg-mask-attribute', (at) => svg('rect').setAttribute('mask', `url(${at('.svg#a')})`));
sends('svg-filter-attribute', (at) => svg('rect').setAttribute('filter', `url(${at('.svg#a')})`));

// Style sheets and declarations that scripts make.

const sheet = (text = '') => put('style', { textContent: text }).sheet;
const paragraph = () => put('p', { textContent: 'x' });
/** A rule for an element of its own. */
const rule = (value, property = 'background') => {
  const made = paragraph();
  made.className = `c${Math.random().toString(36).slice(2)}`;
  return `.${made.className} { ${property}: ${value} }`;
};
const url = (at) => `url(${at('.gif')})`;

sends('style-background-image', (at) => { paragraph().style.backgroundImage = url(at); });
sends('style-background', (at) => { paragraph().style.background = url(at); });
sends('style-dashed-property', (at) => { paragraph().style['background-image'] = url(at); });
sends('style-css-text', (at) => { paragraph().style.cssText = `background: ${url(at)}`; });
sends('style-put-forwards', (at) => { paragraph().style = `background: ${url(at)}`; });
sends('style-set-property', (at) => paragraph().style.setProperty('background-image', url(at)));
sends('style-attribute', (at) => paragraph().setAttribute('style', `background: ${url(at)}`));
sends('style-attr-value', (at) => {
  const made = paragraph();
  made.setAttribute('style', 'color: red');
  made.attributes.style.value = `background: ${url(at)}`;
});
sends('style-attribute-map', (at) => paragraph().attributeStyleMap.set('background-image', url(at)));
sends('style-attribute-map-parsed', (at) =>
  paragraph().attributeStyleMap.set('background-image', CSSStyleValue.parse('background-image', url(at))));
sends('style-attribute-map-append', (at) => paragraph().attributeStyleMap.append('background-image', url(at)));
sends('style-list-image', (at) => Object.assign(paragraph().style, { display: 'list-item', listStyleImage: url(at) }));
sends('style-border-image', (at) => Object.assign(paragraph().style, { border: '1px solid', borderImageSource: url(at) }));
sends('style-mask-image', (at) => { paragraph().style.maskImage = url(at); });
sends('style-webkit-mask', (at) => { paragraph().style.webkitMaskImage = url(at); });
sends('style-clip-path', (at) => { paragraph().style.clipPath = `url(${at('.svg#a')})`; });
sends('style-filter', (at) => { paragraph().style.filter = `url(${at('.svg#a')})`; });
sends('style-cursor', (at) => { paragraph().style.cursor = `${url(at)}, auto`; });
sends('style-shape-outside', (at) => Object.assign(paragraph().style, { float: 'left', shapeOutside: url(at) }));
sends('style-content', (at) => { paragraph().style.content = url(at); });
sends('style-image-set', (at) => { paragraph().style.backgroundImage = `image-set("${at('.gif')}" 1x)`; });
sends('style-image-set-in-two', (at) => { paragraph().style.setProperty('background-image', `image-set('${at('.gif')}' type('image/gif'))`); });
sends('style-src-function', (at) => { paragraph().style.backgroundImage = `src("${at('.gif')}")`; });
sends('style-escaped-function', (at) => paragraph().style.setProperty('background', `\\75 rl(${at('.gif')})`));
sends('style-escaped-address', (at) => paragraph().style.setProperty('background', `url(${at('.gif').replace('tracker', '\\74 racker')})`));
sends('style-custom-property', (at) => {
  const made = paragraph();
  made.style.setProperty('--picture', url(at));
  made.style.background = 'var(--picture)';
});
sends('style-custom-string', (at) => {
  const made = paragraph();
  made.style.setProperty('--text', `"${at('.gif')}"`);
  made.style.backgroundImage = 'image-set(var(--text) 1x)';
});
sends('style-string', (at) => {
  const { style } = put('p', { textContent: 'x' });
  style.setProperty('--style-string', quoted(at('.gif')));
  style.background = 'image-set(var(--style-string) 1x)';
});
sends('style-string-continued', (at) => {
  put('p', { textContent: 'x' }).style.background = `url(${quoted(at('.gif')).replace('tracker', 'tra\\\ncker')})`;
});
sends('style-registered-string', (at) => {
  CSS.registerProperty({ name: '--registered-string', syntax: '<string>', inherits: true, initialValue: quoted(at('.gif')) });
  put('p', { textContent: 'x' }).style.background = 'image-set(var(--registered-string) 1x)';
});
sends('style-registered-property', (at) => {
  CSS.registerProperty({ name: '--registered', syntax: '<image>', inherits: false, initialValue: 'url("data:,")' });
  const made = paragraph();
  made.style.setProperty('--registered', url(at));
  made.style.backgroundImage = 'var(--registered)';
});
sends('style-element-text', (at) => put('style', { textContent: `@import "${at('.css')}";` }));
sends('style-element-import-url', (at) => put('style', { textContent: `@import url(${at('.css')});` }));
sends('style-element-escaped-import', (at) => put('style', { textContent: `@\\69mport "${at('.css')}";` }));
sends('style-element-inner-html', (at) => { put('style').innerHTML = rule(url(at)); });
sends('style-element-inner-text', (at) => { put('style').innerText = rule(url(at)); });
sends('style-element-appended', (at) => put('style').append(`@import "${at('.css')}";`));
sends('style-element-text-node', (at) => put('style').appendChild(document.createTextNode(rule(url(at)))));
sends('style-element-filled-before', (at) => {
  const made = document.createElement('style');
  made.appendChild(document.createTextNode(rule(url(at))));
  document.head.appendChild(made);
});
sends('style-element-data', (at) => {
  const text = document.createTextNode('');
  put('style').append(text);
  text.data = rule(url(at));
});
sends('style-element-append-data', (at) => {
  const text = document.createTextNode('');
  put('style').append(text);
  text.appendData(rule(url(at)));
});
sends('style-element-replace-whole', (at) => {
  const made = put('style', { textContent: 'p {}' });
  made.firstChild.nodeValue = rule(url(at));
});
sends('style-element-pieces', (at) => {
  const [head, tail] = rule(url(at)).split('.te');
  put('style').append(head, `.te${tail}`);
});
sends('svg-style-element', (at) => { svg('style').textContent = rule(url(at)); });
sends('insert-rule', (at) => sheet().insertRule(rule(url(at))));
sends('insert-rule-import', (at) => sheet().insertRule(`@import "${at('.css')}"`));
sends('insert-rule-escaped', (at) => sheet().insertRule(rule(`\\75\\72\\6c(${at('.gif')})`)));
sends('add-rule', (at) => { const made = paragraph(); made.id = 'add-rule'; sheet().addRule('#add-rule', `background: ${url(at)}`); });
sends('grouping-insert-rule', (at) => sheet('@media all {}').cssRules[0].insertRule(rule(url(at))));
sends('supports-insert-rule', (at) => sheet('@supports (color: red) {}').cssRules[0].insertRule(rule(url(at))));
sends('layer-insert-rule', (at) => sheet('@layer a {}').cssRules[0].insertRule(rule(url(at))));
sends('nested-insert-rule', (at) => {
  const made = paragraph();
  made.id = 'nested';
  sheet('#nested {}').cssRules[0].insertRule(`& { background: ${url(at)} }`);
});
sends('keyframes-append-rule', (at) => {
  const made = sheet('@keyframes kf {} #kf { animation: kf 9s infinite }');
  made.cssRules[0].appendRule(`from { background-image: ${url(at)} }`);
  made.cssRules[0].appendRule(`to { background-image: ${url(at)} }`);
  paragraph().id = 'kf';
});
sends('rule-style', (at) => { paragraph().id = 'rs'; sheet('#rs {}').cssRules[0].style.backgroundImage = url(at); });
sends('rule-set-property', (at) => { paragraph().id = 'rp'; sheet('#rp {}').cssRules[0].style.setProperty('background', url(at)); });
sends('rule-style-map', (at) => { paragraph().id = 'rm'; sheet('#rm {}').cssRules[0].styleMap.set('background-image', url(at)); });
sends('font-face-descriptor', (at) => {
  const made = sheet('@font-face { font-family: descriptor; src: local("none") }');
  made.cssRules[0].style.setProperty('src', `url(${at('.woff2')})`);
  paragraph().style.fontFamily = 'descriptor';
});
sends('adopted-replace-sync', (at) => {
  const made = new CSSStyleSheet();
  made.replaceSync(rule(url(at)));
  document.adoptedStyleSheets.push(made);
});
sends('adopted-replace', async (at) => {
  const made = new CSSStyleSheet();
  await made.replace(rule(url(at)));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
});
sends('adopted-insert-rule', (at) => {
  const made = new CSSStyleSheet();
  made.insertRule(rule(url(at)));
  document.adoptedStyleSheets.push(made);
});
sends('adopted-in-shadow', (at) => {
  const root = put('div').attachShadow({ mode: 'closed' });
  root.innerHTML = '<p>x</p>';
  const made = new CSSStyleSheet();
  made.replaceSync(`p { background: ${url(at)} }`);
  root.adoptedStyleSheets = [made];
});
sends('adopted-relative-to-base', (at) => {
  const made = new CSSStyleSheet({ baseURL: at('/') });
  made.replaceSync(rule('url(relative.gif)'));
  document.adoptedStyleSheets.push(made);
});
sends('font-face', (at) => new FontFace('a', `url(${at('.woff2')})`).load());
sends('font-face-added', (at) => {
  document.fonts.add(new FontFace('added', `url(${at('.woff2')})`));
  paragraph().style.fontFamily = 'added';
});
sends('font-face-rule', (at) => {
  sheet().insertRule(`@font-face { font-family: ruled; src: url(${at('.woff2')}) }`);
  paragraph().style.fontFamily = 'ruled';
});
sends('animate', (at) => paragraph().animate([{ backgroundImage: url(at) }, { backgroundImage: 'none' }], 9000));
sends('animate-by-property', (at) => paragraph().animate({ backgroundImage: [url(at), 'none'] }, 9000));
sends('keyframe-effect', (at) => new Animation(new KeyframeEffect(paragraph(), [{ background: url(at) }], 9000)).play());
sends('keyframe-effect-set', (at) => {
  const made = paragraph().animate([], 9000);
  made.effect.setKeyframes([{ backgroundImage: url(at) }, { backgroundImage: 'none' }]);
});
sends('paint-worklet', (at) => CSS.paintWorklet.addModule(at('.js')));
sends('audio-worklet', (at) => new OfflineAudioContext(1, 1, 44100).audioWorklet.addModule(at('.js')));
sends('audio-worklet-blob', (at) => new OfflineAudioContext(1, 1, 44100).audioWorklet.addModule(blob(`import ${quoted(at('.js'))}`)));
sends('import-css-module', (at) => import(at('.css'), { with: { type: 'css' } }));

// Markup that scripts turn into elements, and nodes that come from documents nobody looked at.

const image = (at) => `<img src="${at('.gif')}">`;

sends('inner-html', (at) => { put('div').innerHTML = image(at); });
sends('inner-html-detached', (at) => { document.createElement('div').innerHTML = image(at); });
sends('inner-html-unquoted', (at) => { put('div').innerHTML = `<img/src=${at('.gif')}>`; });
sends('inner-html-slash', (at) => { put('div').innerHTML = `<img/alt=">"/src='${at('.gif')}'/>`; });
sends('inner-html-references', (at) => { put('div').innerHTML = `<img src="${at('.gif').replace('://', '&#58;&sol;&#x2f')}">`; });
sends('inner-html-references-in-host', (at) => { put('div').innerHTML = `<img src="${at('.gif').replace('tracker', '&#116;racker')}">`; });
sends('inner-html-tab', (at) => { put('div').innerHTML = `<img src="${at('.gif').replace('tracker', 'tra\tcker')}">`; });
sends('inner-html-odd-quotes', (at) => { put('div').innerHTML = `<p title=a"b><img src=${at('.gif')}><p title=c"d>`; });
sends('inner-html-after-comment', (at) => { put('div').innerHTML = `<!--" --><img src="${at('.gif')}"><!-- "-->`; });
sends('inner-html-broken-tag', (at) => { put('div').innerHTML = `<img alt=a' src="${at('.gif')}" title="'">`; });
sends('inner-html-two-sources', (at) => { put('div').innerHTML = `<img src="${at('.gif')}" src="/own.gif">`; });
sends('inner-html-style', (at) => { put('div').innerHTML = `<style>@import "${at('.css')}";</style>`; });
sends('inner-html-style-attribute', (at) => { put('div').innerHTML = `<p style="background:url(${at('.gif')})">x`; });
sends('inner-html-srcdoc', (at) => { put('div').innerHTML = `<iframe srcdoc='${image(at)}'></iframe>`; });
sends('inner-html-svg', (at) => { put('div').innerHTML = `<svg><image xlink:href="${at('.gif')}"/></svg>`; });
sends('inner-html-svg-animate', (at) => {
  put('div').innerHTML = `<svg><image><animate attributeName="href" values="${at('.gif')};" dur="9s"/></image></svg>`;
});
sends('inner-html-link', (at) => { put('div').innerHTML = `<link rel=stylesheet href="${at('.css')}">`; });
sends('inner-html-handler', (at) => { put('div').innerHTML = `<img src=x: onerror='import(${quoted(at('.js'))})'>`; });
sends('outer-html', (at) => { put('div').outerHTML = image(at); });
sends('insert-adjacent-html', (at) => document.body.insertAdjacentHTML('beforeend', image(at)));
sends('set-html-unsafe', (at) => put('div').setHTMLUnsafe(image(at)));
sends('set-html', (at) => put('div').setHTML(image(at), { sanitizer: {} }));
sends('set-html-unsafe-shadow', (at) =>
  put('div').setHTMLUnsafe(`<div><template shadowrootmode=closed>${image(at)}</template></div>`));
sends('shadow-set-html-unsafe', (at) => put('div').attachShadow({ mode: 'closed' }).setHTMLUnsafe(image(at)));
sends('shadow-inner-html', (at) => { put('div').attachShadow({ mode: 'closed' }).innerHTML = image(at); });
sends('shadow-style', (at) => {
  put('div').attachShadow({ mode: 'closed' }).innerHTML = `<style>:host { background: url(${at('.gif')}) }</style>`;
});
sends('template-content', (at) => {
  const made = document.createElement('template');
  made.innerHTML = image(at);
  document.body.append(made.content);
});
sends('template-clone', (at) => {
  const made = document.createElement('template');
  made.innerHTML = `<p>${image(at)}</p>`;
  document.body.append(made.content.cloneNode(true));
});
sends('contextual-fragment', (at) => document.body.append(document.createRange().createContextualFragment(image(at))));
sends('contextual-fragment-script', (at) =>
  document.body.append(document.createRange().createContextualFragment(`<script src="${at('.js')}"></script>`)));
sends('exec-command', (at) => {
  const editor = put('div', { contentEditable: 'true', textContent: 'x' });
  getSelection().selectAllChildren(editor);
  document.execCommand('insertHTML', false, image(at));
});
sends('exec-command-image', (at) => {
  const editor = put('div', { contentEditable: 'true', textContent: 'x' });
  getSelection().selectAllChildren(editor);
  document.execCommand('insertImage', false, at('.gif'));
});
sends('dom-parser', (at) => document.body.append(parsed(image(at)).images[0]));
sends('dom-parser-nested', (at) => document.body.append(parsed(`<div><b>${image(at)}</b></div>`).body.firstChild));
sends('dom-parser-xml', (at) => {
  const made = parsed(`<img xmlns="http://www.w3.org/1999/xhtml" src="${at('.gif')}"/>`, 'text/xml');
  document.body.append(made.documentElement);
});
sends('dom-parser-svg', (at) => {
  const made = parsed(`<svg xmlns="${svgNS}"><image href="${at('.gif')}"/></svg>`, 'image/svg+xml');
  document.body.append(made.documentElement);
});
sends('dom-parser-template', (at) =>
  document.body.append(parsed(`<template>${image(at)}</template>`).querySelector('template').content));
sends('dom-parser-style', (at) => {
  put('u', { textContent: 'x' });
  document.body.append(parsed(`<style>u { background: url(${at('.gif')}) }</style>`).querySelector('style'));
});
sends('parse-html-unsafe', (at) => document.body.append(Document.parseHTMLUnsafe(image(at)).images[0]));
sends('xhr-document', async (at, name) => {
  const xhr = new XMLHttpRequest();
  xhr.open('GET', `/fragment/${name}`);
  xhr.responseType = 'document';
  xhr.send();
  await loaded(xhr);
  document.body.append(xhr.responseXML.images[0]);
});
sends('fetched-fragment', async (at, name) => {
  put('div').innerHTML = await (await fetch(`/fragment/${name}`)).text();
});
sends('import-node', (at) => { document.importNode(parsed(image(at)).images[0]); });
sends('import-node-deep', (at) => { document.importNode(parsed(`<p>${image(at)}</p>`).body, true); });
sends('adopt-node', (at) => { document.adoptNode(parsed(image(at)).images[0]); });
sends('clone-of-foreign-node', (at) => document.body.append(parsed(image(at)).images[0].cloneNode()));
sends('replace-with', (at) => put('p').replaceWith(parsed(image(at)).images[0]));
sends('before', (at) => put('p').before(parsed(image(at)).images[0]));
sends('replace-children', (at) => put('p').replaceChildren(parsed(image(at)).images[0]));
sends('insert-before', (at) => document.body.insertBefore(parsed(image(at)).images[0], null));
sends('replace-child', (at) => document.body.replaceChild(parsed(image(at)).images[0], put('p')));
sends('insert-adjacent-element', (at) => document.body.insertAdjacentElement('beforeend', parsed(image(at)).images[0]));
sends('range-insert-node', (at) => {
  const range = document.createRange();
  range.selectNodeContents(put('p'));
  range.insertNode(parsed(image(at)).images[0]);
});
sends('range-surround-contents', (at) => {
  const range = document.createRange();
  range.selectNodeContents(put('p', { textContent: 'x' }));
  range.surroundContents(parsed(`<input type=image src="${at('.gif')}">`).querySelector('input'));
});
sends('range-cloned-contents', (at) => {
  const foreign = parsed(image(at));
  const range = foreign.createRange();
  range.selectNodeContents(foreign.body);
  document.body.append(range.cloneContents());
});
sends('fragment-append', (at) => {
  const fragment = document.createDocumentFragment();
  fragment.append(parsed(image(at)).images[0]);
  document.body.append(fragment);
});
sends('table-caption', (at) => { put('table').caption = parsed(`<table><caption>${image(at)}`).querySelector('caption'); });
sends('table-head', (at) => { put('table').tHead = parsed(`<table><thead><tr><td>${image(at)}`).querySelector('thead'); });
sends('foreign-script', (at) => {
  const made = parsed(`<p><script src="${at('.js')}"></script>`).querySelector('script');
  const again = document.createElement('script');
  for (const { name, value } of made.attributes) again.setAttribute(name, value);
  document.body.append(again);
});
sends('frame-document-node', (at) => {
  const inner = frame().contentDocument;
  const made = inner.createElement('img');
  made.src = at('.gif');
  document.body.append(made);
});
sends('foreign-attribute-then-append', (at) => {
  const foreign = document.implementation.createHTMLDocument();
  const made = foreign.createElement('img');
  made.setAttribute('src', at('.gif'));
  document.body.append(made);
});
sends('xslt', (at) => {
  const sheet = parsed(
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">' +
      `<img src="${at('.gif')}"/></xsl:template></xsl:stylesheet>`, 'text/xml');
  const processor = new XSLTProcessor();
  processor.importStylesheet(sheet);
  document.body.append(processor.transformToFragment(parsed('<a/>', 'text/xml'), document));
});
sends('custom-element', (at, name) => {
  customElements.define(`x-${name}`, class extends HTMLElement {
    connectedCallback() { this.innerHTML = image(at); }
  });
  put(`x-${name}`);
});
sends('document-write', (at) => document.write(`<script src="${at('.js')}"></script>`));
sends('document-write-arguments', (at) => document.write('<img ', `src='${at('.gif')}'`, '>'));
sends('document-write-pieces', (at) => {
  const [head, tail] = at('.gif').split('.te');
  document.write('<img src="', head);
  document.write(`.te${tail}">`);
});
sends('document-write-split-tag', (at) => {
  document.write('<im');
  document.write(`g src=${at('.gif')}`);
  document.write('>');
});
sends('document-writeln', (at) => document.writeln(image(at)));
sends('document-write-inline-script', (at) => document.write(`<script>import(${quoted(at('.js'))})</script>`));
sends('document-write-style-pieces', (at) => {
  document.write('<style>@imp');
  document.write(`ort "${at('.css')}";</style>`);
});
sends('frame-document-write', (at) => {
  const inner = frame().contentDocument;
  inner.open();
  inner.write(image(at));
  inner.close();
});
sends('frame-document-write-script', (at) => {
  const inner = frame().contentDocument;
  inner.write(`<script>fetch(${quoted(at())})</script>`);
  inner.close();
});
alone.sends('document-body-setter', (at) => { document.body = parsed(image(at)).body; });
alone.sends('document-element-replaced', (at) => document.documentElement.replaceWith(parsed(image(at)).documentElement));
alone.sends('document-opened-again', (at) => {
  document.open();
  document.write(image(at));
  document.close();
});
alone.sends('document-opened-again-script', (at) => {
  document.open();
  document.write(`<script>fetch(${quoted(at())})</script>`);
  document.close();
});

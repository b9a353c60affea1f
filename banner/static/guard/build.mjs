// Builds ../guard.min.js and ../rest.min.js; with --check it says whether they are of these sources.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { buildSync } from 'esbuild';
import { minify } from 'terser';

/** What a page needs at once is a script; the rest is a module, whose exports banner/guard/config.py makes a function of. */
const BUILDS = [
  { from: 'main.js', to: '../guard.min.js', format: 'iife', module: false },
  { from: 'rest/main.js', to: '../rest.min.js', format: 'esm', module: true },
];

/** One file of all that a module imports, in as few bytes as can be: a page of every visit carries it. */
async function built({ from, format, module }) {
  const { outputFiles } = buildSync({
    entryPoints: [from],
    bundle: true,
    write: false,
    format,
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    minify: true,
  });
  // A second pass takes another 4 % off, coded.
  const { code } = await minify(outputFiles[0].text, { module, compress: { passes: 3 }, format: { ascii_only: true } });
  return `${code}\n`;
}

for (const build of BUILDS) {
  const code = await built(build);
  if (!process.argv.includes('--check')) writeFileSync(build.to, code);
  else if (readFileSync(build.to, 'utf8') != code) {
    console.error(`${build.to} is not of these sources: make guard`);
    process.exitCode = 1;
  }
}

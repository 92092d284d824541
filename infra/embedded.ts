/**
 * What is worked out while bundling: only the value is deployed, not what it is made from. Large tables that few calls
 * need are deployed packed, so that neither their size nor their parsing is part of a cold start.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';

/** Relative to the project's root; each exports JSON as its default. */
const EMBEDDED = ['functions/docs/description.ts'];

/** Relative to the project's root; each exports a function as its default, which answers JSON, the same each time. */
const PACKED = ['shared/domain/consumer/numbering-plans.ts'];

/** Files of packages that hold one long text in double quotes: the map of the world's timezones. */
const HOLDING_TEXT = /[\\/]node_modules[\\/]@photostructure[\\/]tz-lookup[\\/]tz\.js$/;
const LONG_TEXT = /"([^"\\]{10000,})"/g;

export const embedded = (root: string): Plugin => ({
  name: 'embedded',
  setup: ({ onLoad }) => {
    const isOneOf = (files: string[], path: string) => files.some((file) => join(root, file) === path);
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (isOneOf(EMBEDDED, path)) return { contents: JSON.stringify(defaultOf(path)), loader: 'json' };
      if (isOneOf(PACKED, path)) return { contents: packedAnswer(defaultOf(path) as () => unknown), loader: 'js' };
      return undefined;
    });
    onLoad({ filter: HOLDING_TEXT }, ({ path }) => ({ contents: withPackedText(path), loader: 'js' }));
  },
});

const defaultOf = (path: string): unknown => (createRequire(path)(path) as { default: unknown }).default;

const packedAnswer = (answer: () => unknown): string =>
  `let answer;
  export default () => (answer ??= JSON.parse(${unpacking(JSON.stringify(answer()))}));`;

/** Throws where the file holds no such text, or several: another version of the package is made in another way. */
const withPackedText = (path: string): string => {
  const source = readFileSync(path, 'utf8');
  const [found, ...others] = source.matchAll(LONG_TEXT);
  if (!found?.[1] || others.length > 0) throw new Error(`${path} was to hold one long text`);
  return `let text; const unpacked = () => (text ??= ${unpacking(found[1])});
  ${source.replace(found[0], 'unpacked()')}`;
};

/** An expression whose value is the text; what it needs of Node is loaded no sooner either. */
const unpacking = (text: string): string =>
  `require('node:zlib').brotliDecompressSync(Buffer.from('${brotliCompressSync(text).toString('base64')}', 'base64')).toString()`;

/**
 * Modules that are evaluated at build time: only their value is deployed. Large tables that few calls need are deployed
 * compressed, so that neither their size nor their parsing slows down a cold start.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';

/** Relative to the project's root; each has JSON as its default export. */
const EMBEDDED = ['functions/docs/description.ts'];

/** Relative to the project's root; each has a default export: a function that returns the same JSON value every time. */
const PACKED = ['shared/domain/consumer/numbering-plans.ts'];

/** Package files with one long string literal: the world map of timezones. */
const FILE_WITH_TEXT = /[\\/]node_modules[\\/]@photostructure[\\/]tz-lookup[\\/]tz\.js$/;
const LONG_TEXT = /"([^"\\]{10000,})"/g;

export const embedded = (root: string): Plugin => ({
  name: 'embedded',
  setup: ({ onLoad }) => {
    const isOneOf = (files: string[], path: string) => files.some((file) => join(root, file) === path);
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (isOneOf(EMBEDDED, path)) return { contents: JSON.stringify(defaultOf(path)), loader: 'json' };
      if (isOneOf(PACKED, path)) return { contents: packedFunction(defaultOf(path) as () => unknown), loader: 'js' };
      return undefined;
    });
    onLoad({ filter: FILE_WITH_TEXT }, ({ path }) => ({ contents: withPackedText(path), loader: 'js' }));
  },
});

const defaultOf = (path: string): unknown => (createRequire(path)(path) as { default: unknown }).default;

const packedFunction = (compute: () => unknown): string =>
  `let value;
  export default () => (value ??= JSON.parse(${unpacking(JSON.stringify(compute()))}));`;

/** Throws unless the file has exactly one such literal: another version of the package may be built differently. */
const withPackedText = (path: string): string => {
  const source = readFileSync(path, 'utf8');
  const [found, ...others] = source.matchAll(LONG_TEXT);
  if (!found?.[1] || others.length > 0) throw new Error(`${path} should contain one long string literal`);
  return `let text; const unpacked = () => (text ??= ${unpacking(found[1])});
  ${source.replace(found[0], 'unpacked()')}`;
};

/** An expression that evaluates to the text. It loads the Node module for decompression only when it runs. */
const unpacking = (text: string): string =>
  `require('node:zlib').brotliDecompressSync(Buffer.from('${brotliCompressSync(text).toString('base64')}', 'base64')).toString()`;

/** Modules whose value is worked out while bundling: only the value is deployed, not what it is made from. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

/** Relative to the project's root; each exports JSON as its default. */
const EMBEDDED = ['functions/docs/description.ts'];

export const embedded = (root: string): Plugin => ({
  name: 'embedded',
  setup: ({ onLoad }) => {
    const files = new Set(EMBEDDED.map((file) => join(root, file)));
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!files.has(path)) return undefined;
      const module = (await import(pathToFileURL(path).href)) as { default: unknown };
      return { contents: JSON.stringify(module.default), loader: 'json' };
    });
  },
});

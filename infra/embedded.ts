/** Modules whose value is worked out while bundling: only the value is deployed, not what it is made from. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Relative to the project's root; each exports JSON as its default. */
const EMBEDDED = ['functions/docs/description.ts'];

export const embedded = (root: string): Plugin => ({
  name: 'embedded',
  setup: ({ onLoad }) => {
    const files = new Set(EMBEDDED.map((file) => join(root, file)));
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!files.has(path)) return undefined;
      const module = createRequire(path)(path) as { default: unknown };
      return { contents: JSON.stringify(module.default), loader: 'json' };
    });
  },
});

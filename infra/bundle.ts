/** Bundles each capability into one CommonJS file: its entry is generated from the catalogues, so nothing is wired twice. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, formatMessages, type Metafile, type Plugin } from 'esbuild';
import { type Catalogues, capabilitiesOf, type Row, rowsOf } from './catalogues.ts';
import { embedded } from './embedded.ts';
import { leanPackages } from './lean-packages.ts';
import type { Permissions } from './permissions.ts';

/** No bundle may be larger: loading it is a good part of a cold start. */
export const BUNDLE_LIMIT_BYTES = 450 * 1024;

export interface Bundle {
  capability: string;
  /** Holds `index.js` and a `package.json` that says what it is: what is deployed. */
  directory: string;
  /** The source map, kept out of what is deployed: reading it would slow every cold start to help a rare stack trace. */
  sourceMap: string;
  bytes: number;
  /** Modules that went in, relative to the project's root. */
  inputs: string[];
}

export interface BundleOptions {
  catalogues: Catalogues;
  /** A capability that may do nothing is given nothing: no database client in what only tells about the API. */
  permissions: Record<string, Permissions>;
  /** The project's root: holds `functions/` and `shared/`. */
  root: string;
  /** Emptied first. */
  directory: string;
}

/**
 * Bundles all capabilities in one go. Throws where esbuild has anything to say, such as a row without a handler file,
 * and where a bundle is over the limit.
 */
export const bundle = async (options: BundleOptions): Promise<Map<string, Bundle>> => {
  const { catalogues, root, directory } = options;
  rmSync(directory, { recursive: true, force: true });
  const capabilities = capabilitiesOf(catalogues);
  const { metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: capabilities.map((capability) => ({ in: `${ENTRY}:${capability}`, out: `${capability}/index` })),
    plugins: [entries(options), embedded(root), leanPackages],
    outdir: directory,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // The AWS SDK imports `node:http` when it is first needed. Node reads every export for that, and so loads its own
    // fetch, which nobody uses: a sixth of a cold start. What is required is read when it is used.
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error((await formatMessages(warnings, { kind: 'warning' })).join('\n'));
  const bundles = capabilities.map((capability) => made(capability, root, directory, metafile));
  refuseHeavy(bundles);
  return new Map(bundles.map((one) => [one.capability, one]));
};

/** What a capability's Lambda runs: each of its rows' handlers, under the name that events call it by. */
const entrySource = (capability: string, { catalogues, permissions, root }: BundleOptions): string => {
  const own = rowsOf(catalogues).filter((row) => row.capability === capability);
  const isGivenDeps = Object.keys(permissions[capability] ?? {}).length > 0;
  const handler = (row: Row) => `h${own.indexOf(row)}`;
  const imports = own.map((row) => `import { makeHandler as ${handler(row)} } from './functions/${row.file}';`);
  const listed = (kind: Row['kind']) => {
    const entries = own.filter((row) => row.kind === kind).map((row) => `${JSON.stringify(row.name)}: ${handler(row)}`);
    return `{ ${entries.join(', ')} }`;
  };
  const stream = own.find((row) => row.kind === 'stream');
  return [
    `import { capability } from './shared/edge/capability.ts';`,
    ...(isGivenDeps ? [`import { live } from './${compositionRootOf(capability, root)}';`] : []),
    ...imports,
    `export const handler = capability({`,
    `  routes: ${listed('route')}, jobs: ${listed('job')}, steps: ${listed('step')},`,
    `  stream: ${stream ? handler(stream) : 'undefined'},`,
    `}, ${isGivenDeps ? 'live' : '{}'});`,
  ].join('\n');
};

/** A capability that needs other things than most has a composition root of its own, so that no other carries them. */
const compositionRootOf = (capability: string, root: string): string => {
  const own = `functions/${capability}/live.ts`;
  return existsSync(join(root, own)) ? own : 'functions/live.ts';
};

const ENTRY = 'capability';

const entries = (options: BundleOptions): Plugin => ({
  name: 'capability-entries',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^${ENTRY}:`) }, ({ path }) => ({
      path: path.slice(ENTRY.length + 1),
      namespace: ENTRY,
    }));
    onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => ({
      contents: entrySource(path, options),
      loader: 'ts',
      resolveDir: options.root,
    }));
  },
});

/** Node need not guess, whatever stands in the folders above: in an assembly those are the project's own. */
const COMMONJS = JSON.stringify({ type: 'commonjs' });

const made = (capability: string, root: string, directory: string, metafile: Metafile): Bundle => {
  const file = join(directory, capability, 'index.js');
  const [, output] = Object.entries(metafile.outputs).find(([path]) => join(root, path) === file) ?? [];
  if (!output) throw new Error(`esbuild wrote no bundle for ${capability}`);
  writeFileSync(join(dirname(file), 'package.json'), COMMONJS);
  const sourceMap = join(directory, 'source-maps', `${capability}.js.map`);
  mkdirSync(dirname(sourceMap), { recursive: true });
  renameSync(`${file}.map`, sourceMap);
  return {
    capability,
    directory: dirname(file),
    sourceMap,
    bytes: output.bytes,
    inputs: Object.keys(output.inputs),
  };
};

const refuseHeavy = (bundles: Bundle[]): void => {
  const heavy = bundles.filter(({ bytes }) => bytes > BUNDLE_LIMIT_BYTES);
  if (heavy.length === 0) return;
  const named = heavy.map(({ capability, bytes }) => `${capability} has ${bytes}`).join(', ');
  throw new Error(`a bundle may have ${BUNDLE_LIMIT_BYTES} bytes at most: ${named}`);
};

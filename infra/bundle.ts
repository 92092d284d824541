/** Bundles each capability into one CommonJS file. Its entry is generated from the catalogues, so nothing is wired twice. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, formatMessages, type Metafile, type Plugin } from 'esbuild';
import { type Catalogues, capabilitiesOf, type Row, rowsOf } from './catalogues.ts';
import { embedded } from './embedded.ts';
import { leanPackages } from './lean-packages.ts';
import type { Permissions } from './permissions.ts';

/** Limit per bundle. Loading the bundle is a large part of a cold start. */
export const BUNDLE_LIMIT_BYTES = 450 * 1024;

export interface Bundle {
  capability: string;
  /** The deployed folder: `index.js` and a `package.json` with the module type. */
  directory: string;
  /** The source map. It is not deployed, because reading it would slow down every cold start for rare stack traces. */
  sourceMap: string;
  bytes: number;
  /** Bundled modules, relative to the project's root. */
  inputs: string[];
}

export interface BundleOptions {
  catalogues: Catalogues;
  /** A capability without permissions gets no dependencies, so that `docs` bundles no database client. */
  permissions: Record<string, Permissions>;
  /** The project's root, which contains `functions/` and `shared/`. */
  root: string;
  /** Emptied first. */
  directory: string;
}

/**
 * Bundles all capabilities in one build. Throws on any warning of esbuild, on a row without a handler file, and on a bundle
 * over the limit.
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
    // The AWS SDK imports `node:http` dynamically. An import makes Node read every export and load its own fetch, which is
    // unused: a sixth of a cold start. `require` reads exports only when they are used.
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error((await formatMessages(warnings, { kind: 'warning' })).join('\n'));
  const bundles = capabilities.map((capability) => bundleOf(capability, root, directory, metafile));
  refuseLarge(bundles);
  return new Map(bundles.map((made) => [made.capability, made]));
};

/** The entry of a capability's Lambda: the handler of each of its rows, by the name that events use. */
const entrySource = (capability: string, { catalogues, permissions, root }: BundleOptions): string => {
  const own = rowsOf(catalogues).filter((row) => row.capability === capability);
  const needsDeps = Object.keys(permissions[capability] ?? {}).length > 0;
  const handler = (row: Row) => `h${own.indexOf(row)}`;
  const imports = own.map((row) => `import { makeHandler as ${handler(row)} } from './functions/${row.file}';`);
  const listed = (kind: Row['kind']) => {
    const entries = own.filter((row) => row.kind === kind).map((row) => `${JSON.stringify(row.name)}: ${handler(row)}`);
    return `{ ${entries.join(', ')} }`;
  };
  const stream = own.find((row) => row.kind === 'stream');
  return [
    `import { capability } from './shared/edge/capability.ts';`,
    ...(needsDeps ? [`import { live } from './${compositionRootOf(capability, root)}';`] : []),
    ...imports,
    `export const handler = capability({`,
    `  routes: ${listed('route')}, jobs: ${listed('job')}, steps: ${listed('step')},`,
    `  stream: ${stream ? handler(stream) : 'undefined'},`,
    `}, ${needsDeps ? 'live' : '{}'});`,
  ].join('\n');
};

/** A capability with special dependencies has its own composition root, so that other bundles do not contain them. */
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

/** States the module type, so that Node does not take it from a `package.json` in a parent folder of the assembly. */
const COMMONJS = JSON.stringify({ type: 'commonjs' });

const bundleOf = (capability: string, root: string, directory: string, metafile: Metafile): Bundle => {
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

const refuseLarge = (bundles: Bundle[]): void => {
  const large = bundles.filter(({ bytes }) => bytes > BUNDLE_LIMIT_BYTES);
  if (large.length === 0) return;
  const named = large.map(({ capability, bytes }) => `${capability} has ${bytes}`).join(', ');
  throw new Error(`a bundle must not exceed ${BUNDLE_LIMIT_BYTES} bytes: ${named}`);
};

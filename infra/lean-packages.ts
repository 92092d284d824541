/** Replaces parts of packages that a Lambda never uses. In the AWS SDK that is a third of the code, read at every cold start. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

/** Replacements of packages, with the reason. */
const PACKAGES: Record<string, string> = {
  // Lambda provides its role's credentials in the environment, so profiles, single sign-on and metadata servers are unused.
  '@aws-sdk/credential-provider-node': `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
  // DynamoDB's endpoint follows from the region. Endpoint discovery is off by default.
  '@aws-sdk/middleware-endpoint-discovery': `
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector: () => undefined, configFileSelector: () => undefined, default: false,
    };
    export const resolveEndpointDiscoveryConfig = (config) => config;`,
  // For operations that stream events, which DynamoDB, EventBridge and Step Functions do not have.
  '@smithy/core/event-streams': 'export {};',
  // The same source, not compiled for old browsers.
  'libphonenumber-js/core': `export { default } from 'libphonenumber-js/core/es6';`,
};

/** Replacements of files of `@smithy/core` by name, with the reason. */
const SMITHY_FILES: Record<string, string> = {
  // Profiles are files in a user's home directory. A Lambda has none and reads its environment.
  loadSharedConfigFiles: `
    export { CONFIG_PREFIX_SEPARATOR } from './constants';
    export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  // For runtimes without a native hash. Node has one.
  Sha256Js: 'export const Sha256Js = undefined;',
};

/** A client reports its version to the service; the rest of its `package.json` is unused. */
const versionIn = (path: string): string => {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return JSON.stringify({ version });
};

export const leanPackages: Plugin = {
  name: 'lean-packages',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^(${namesIn(PACKAGES)})$`) }, ({ path, resolveDir }) => ({
      path,
      namespace: 'lean-packages',
      pluginData: { resolveDir },
    }));
    onLoad({ filter: /.*/, namespace: 'lean-packages' }, ({ path, pluginData }) => ({
      contents: PACKAGES[path],
      resolveDir: (pluginData as { resolveDir: string }).resolveDir,
    }));
    const files = new RegExp(`[\\\\/]@smithy[\\\\/]core[\\\\/]dist-es[\\\\/].*[\\\\/](${namesIn(SMITHY_FILES)})\\.js$`);
    onLoad({ filter: files }, ({ path }) => ({ contents: SMITHY_FILES[basename(path, '.js')] }));
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[a-z-]+[\\/]package\.json$/ }, ({ path }) => ({
      contents: versionIn(path),
      loader: 'json',
    }));
  },
};

const namesIn = (table: Record<string, string>): string => Object.keys(table).join('|');

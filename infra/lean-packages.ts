/** Leaves out of packages what a Lambda never uses: of the AWS SDK a third of its code, read at every cold start. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

/** What stands in for a package, and why it may. */
const INSTEAD: Record<string, string> = {
  // Lambda hands its role's credentials over in the environment: no profiles, single sign-on, or metadata servers to ask.
  '@aws-sdk/credential-provider-node': `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
  // DynamoDB's endpoint is known from the region; asking for another one is off unless a client asks for it.
  '@aws-sdk/middleware-endpoint-discovery': `
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector: () => undefined, configFileSelector: () => undefined, default: false,
    };
    export const resolveEndpointDiscoveryConfig = (config) => config;`,
  // Loaded for operations that stream events; neither DynamoDB, nor EventBridge, nor Step Functions has any.
  '@smithy/core/event-streams': 'export {};',
  // The same source, not compiled down to the browsers of 2015.
  'libphonenumber-js/core': `export { default } from 'libphonenumber-js/core/es6';`,
};

/** What stands in for a file of `@smithy/core`, by its name, and why it may. */
const INSTEAD_OF_FILE: Record<string, string> = {
  // Profiles are a person's, in the home of a machine; a Lambda has none, and is told everything by its environment.
  loadSharedConfigFiles: `
    export { CONFIG_PREFIX_SEPARATOR } from './constants';
    export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  // For engines without a hash of their own; Node has one.
  Sha256Js: 'export const Sha256Js = undefined;',
};

/** A client tells the service its version; the rest of its `package.json` is for npm. */
const versionIn = (path: string): string => {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return JSON.stringify({ version });
};

export const leanPackages: Plugin = {
  name: 'lean-packages',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^(${namesIn(INSTEAD)})$`) }, ({ path, resolveDir }) => ({
      path,
      namespace: 'lean-packages',
      pluginData: { resolveDir },
    }));
    onLoad({ filter: /.*/, namespace: 'lean-packages' }, ({ path, pluginData }) => ({
      contents: INSTEAD[path],
      resolveDir: (pluginData as { resolveDir: string }).resolveDir,
    }));
    const files = new RegExp(
      `[\\\\/]@smithy[\\\\/]core[\\\\/]dist-es[\\\\/].*[\\\\/](${namesIn(INSTEAD_OF_FILE)})\\.js$`,
    );
    onLoad({ filter: files }, ({ path }) => ({ contents: INSTEAD_OF_FILE[basename(path, '.js')] }));
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[a-z-]+[\\/]package\.json$/ }, ({ path }) => ({
      contents: versionIn(path),
      loader: 'json',
    }));
  },
};

const namesIn = (table: Record<string, string>): string => Object.keys(table).join('|');

/** Leaves out of the AWS SDK what a Lambda never uses: a third of its code, read at every cold start. */
import type { Plugin } from 'esbuild';

/** What stands in for a package of the SDK, and why it may. */
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
};

export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup: ({ onResolve, onLoad }) => {
    const names = Object.keys(INSTEAD).join('|');
    onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path, resolveDir }) => ({
      path,
      namespace: 'lean-sdk',
      pluginData: { resolveDir },
    }));
    onLoad({ filter: /.*/, namespace: 'lean-sdk' }, ({ path, pluginData }) => ({
      contents: INSTEAD[path],
      resolveDir: (pluginData as { resolveDir: string }).resolveDir,
    }));
  },
};

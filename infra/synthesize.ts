/** Builds the app: bundles, stack and checks. `app.ts` runs it with the product's catalogues. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type Bundle, bundle } from './bundle.ts';
import type { Catalogues } from './catalogues.ts';
import { configurationOf } from './configuration.ts';
import type { Permissions } from './permissions.ts';
import { Regulars } from './regulars.ts';

export interface SynthesizeOptions {
  catalogues: Catalogues;
  permissions: Record<string, Permissions>;
  /** The project's root. */
  root: string;
  app?: AppProps;
}

/** Builds and checks the cloud assembly and returns its directory. Throws if a check fails. */
export const synthesize = async (options: SynthesizeOptions): Promise<string> => {
  const work = mkdtempSync(join(tmpdir(), 'regulars-bundles-'));
  try {
    const bundles = await bundle({ ...options, directory: work });
    const app = appOf(options, bundles);
    const { directory } = app.synth();
    for (const { capability, sourceMap } of bundles.values()) {
      cpSync(sourceMap, join(directory, 'source-maps', `${capability}.js.map`));
    }
    return directory;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

/** The app with its stack and its checks, before synthesis. */
export const appOf = (
  { catalogues, permissions, app: props }: SynthesizeOptions,
  bundles: Map<string, Pick<Bundle, 'directory'>>,
): App => {
  const app = new App(props);
  const configuration = configurationOf(app);
  new Regulars(app, configuration.stackName, {
    catalogues,
    permissions,
    configuration,
    codeOf: (capability) => Code.fromAsset(bundles.get(capability)?.directory ?? ''),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
};

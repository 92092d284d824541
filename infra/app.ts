/** The CDK app: `npx cdk synth`, or `node infra/app.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppProps } from 'aws-cdk-lib';
import { api } from '../functions/api.ts';
import { jobs } from '../functions/jobs.ts';
import { streams } from '../functions/streams.ts';
import { workflows } from '../functions/workflows.ts';
import { permissions } from './permissions.ts';
import { synthesize } from './synthesize.ts';

const root = join(import.meta.dirname, '..');
const { context, output } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as Pick<AppProps, 'context'> & {
  output: string;
};

// The `cdk` command sets the output directory and adds its own context. Without it the assembly is the same.
const outdir = process.env['CDK_OUTDIR'] ?? join(root, output);
await synthesize({ catalogues: { api, jobs, streams, workflows }, permissions, root, app: { outdir, context } });

/** The CDK app: `npx cdk synth`, or `node infra/app.ts`. */
import { join } from 'node:path';
import { api } from '../functions/api.ts';
import { jobs } from '../functions/jobs.ts';
import { streams } from '../functions/streams.ts';
import { workflows } from '../functions/workflows.ts';
import { permissions } from './permissions.ts';
import { synthesize } from './synthesize.ts';

await synthesize({ catalogues: { api, jobs, streams, workflows }, permissions, root: join(import.meta.dirname, '..') });

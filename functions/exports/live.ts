/** The composition root of exports, the only capability that writes files. */
import { s3Files } from '../../shared/data/s3-files.ts';
import { readEnvironment, readS3Environment } from '../../shared/edge/env.ts';
import type { ExportDeps } from '../../shared/usecases/exports/requests.ts';
import { live as common } from '../live.ts';

const files = s3Files({ bucket: readEnvironment('exportsBucket'), ...readS3Environment() });

export const live: ExportDeps = { ...common, files };

import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { ExportDeps } from '../../../shared/usecases/exports/requests.ts';
import { writeExport } from '../../../shared/usecases/exports/write.ts';

const input = z.object({ exportId: z.string(), now: instant });

export const makeHandler = (deps: ExportDeps) =>
  step('write', input, async ({ exportId, now }) => ({ exportId, status: await writeExport(deps, exportId, now) }));

import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { ExportDeps } from '../../../shared/usecases/exports/requests.ts';
import { giveUpExport } from '../../../shared/usecases/exports/write.ts';

const input = z.object({ exportId: z.string(), now: instant });

export const makeHandler = (deps: ExportDeps) =>
  step('give-up', input, async ({ exportId, now }) => ({ exportId, status: await giveUpExport(deps, exportId, now) }));

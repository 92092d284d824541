import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { announceEdits } from '../../../shared/usecases/segments/backfill/announce.ts';
import { goLive, settleGrounds } from '../../../shared/usecases/segments/backfill/backfill.ts';

const input = z.object({ runId: z.string(), now: instant, units: z.array(z.int()) });

/** The filled rules are told from now on, and who entered and left by them; before that, what a run that died left untold. */
export const makeHandler = (deps: Deps) =>
  step('go-live', input, async ({ runId, now, units }) => {
    const before = await announceEdits(deps, now);
    await goLive(deps, units, now);
    await settleGrounds(deps, runId);
    return { told: before + (await announceEdits(deps, now)) };
  });

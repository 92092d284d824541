import * as z from 'zod/mini';
import { instant } from '../../shared/edge/parameters.ts';
import { step } from '../../shared/edge/step.ts';
import { claimBackfill } from '../../shared/usecases/backfill-segments.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

const input = z.object({ runId: z.string(), now: instant });

/** The units to fill and the slices to go over, each as the first `fill-slice` takes it; no slices where nothing is to be done. */
export const makeHandler = (deps: Deps) =>
  step('claim-backfill', input, async ({ runId, now }) => {
    const { units } = await claimBackfill(deps, runId, now);
    const slices = Array.from({ length: deps.store.slices }, (_, slice) => ({
      slice,
      runId,
      now,
      consumers: 0,
      flips: 0,
    }));
    return { units, hasWork: units.length > 0, slices };
  });

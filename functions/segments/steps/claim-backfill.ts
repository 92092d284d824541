import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { claimBackfill } from '../../../shared/usecases/segments/backfill/backfill.ts';

const input = z.object({ runId: z.string(), now: instant });

/** What is to be done: units to fill, and the slices to go over, each as the first `fill-slice` takes it. */
export const makeHandler = (deps: Deps) =>
  step('claim-backfill', input, async ({ runId, now }) => {
    const { ruleVersions, goesOver, hasWork } = await claimBackfill(deps, runId, now);
    // Where no rule is new, it is what rules go by.
    const cause = ruleVersions.length > 0 ? 'rule_edited' : 'summary';
    const slices = Array.from({ length: goesOver ? deps.store.slices : 0 }, (_, slice) => ({
      ...{ slice, runId, now, cause, consumers: 0, flips: 0 },
    }));
    return { units: ruleVersions, hasWork, slices };
  });

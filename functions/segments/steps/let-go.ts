import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { letGo } from '../../../shared/usecases/segments/backfill/backfill.ts';

const input = z.object({ units: z.array(z.int()), now: instant });

/** Goes on with the units that still have members; its answer is the input of the next one. */
export const makeHandler = (deps: Deps) =>
  step('let-go', input, async ({ units, now }) => {
    const left = await letGo(deps, units, now);
    return { units: left, now, done: left.length === 0 };
  });

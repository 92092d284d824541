import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { fillSlice } from '../../../shared/usecases/segments/backfill/backfill.ts';

/** Far within the time that a function has, even where each of them enters or leaves segments. */
const CONSUMERS_A_STEP = 5_000;

const input = z.object({
  slice: z.int(),
  cursor: z.optional(z.string()),
  runId: z.string(),
  now: instant,
  cause: z.enum(['rule_edited', 'summary']),
  consumers: z.int(),
  flips: z.int(),
});

/** Goes on with a slice; its answer is the input of the next one. */
export const makeHandler = (deps: Deps) =>
  step('fill-slice', input, async ({ slice, cursor, runId, now, cause, consumers, flips }) => {
    const filled = await fillSlice(deps, { slice, cursor }, { runId, now, cause, most: CONSUMERS_A_STEP });
    return {
      ...{ slice, cursor: filled.cursor, done: filled.done, runId, now, cause },
      consumers: consumers + filled.consumers,
      flips: flips + filled.differed,
    };
  });

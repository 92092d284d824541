import * as z from 'zod/mini';
import { instant } from '../../shared/edge/parameters.ts';
import { step } from '../../shared/edge/step.ts';
import { foldSlice } from '../../shared/usecases/fold-everyone.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

/**
 * Eight at once, they are folded within the time that a function has even where each takes half a second. A workflow
 * may remember 25,000 happenings, seven for each step: enough for 35 million consumers.
 */
const CONSUMERS_A_STEP = 10_000;

const input = z.object({
  slice: z.int(),
  cursor: z.optional(z.string()),
  now: instant,
  always: z.boolean(),
  consumers: z.int(),
  differed: z.int(),
});

/** Goes on with a slice and counts on; its answer is the input of the next one. */
export const makeHandler = (deps: Deps) =>
  step('fold-slice', input, async ({ now, always, consumers, differed, ...progress }) => {
    const folded = await foldSlice(deps, progress, { now, most: CONSUMERS_A_STEP, always });
    return {
      ...folded,
      now,
      always,
      consumers: consumers + folded.consumers,
      differed: differed + folded.differed,
    };
  });

import * as z from 'zod/mini';
import { instant } from '../../shared/edge/parameters.ts';
import { step } from '../../shared/edge/step.ts';
import { foldSlice } from '../../shared/usecases/fold-everyone.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

/** So many are folded well within the time that a function has. */
const CONSUMERS_AT_ONCE = 1_000;

const input = z.object({ slice: z.int(), cursor: z.optional(z.string()), now: instant });

/** Folds those whose metrics were made by other rules than are in force; its answer is the input of the next one. */
export const makeHandler = (deps: Deps) =>
  step('fold-slice', input, async ({ now, ...progress }) => ({
    ...(await foldSlice(deps, progress, { now, most: CONSUMERS_AT_ONCE, always: false })),
    now,
  }));

import * as z from 'zod/mini';
import { instant } from '../../shared/edge/parameters.ts';
import { step } from '../../shared/edge/step.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

/** The slices that the population is stored in, each as the first `fold-slice` takes it. */
export const makeHandler = ({ store }: Pick<Deps, 'store'>) =>
  step('list-slices', z.object({ now: instant }), async ({ now }) => ({
    slices: Array.from({ length: store.slices }, (_, slice) => ({ slice, now })),
  }));

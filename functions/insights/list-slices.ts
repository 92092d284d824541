import * as z from 'zod/mini';
import { instant } from '../../shared/edge/parameters.ts';
import { step } from '../../shared/edge/step.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

const input = z.object({ now: instant, always: z._default(z.boolean(), false) });

/** The slices that the population is stored in, each as the first `fold-slice` takes it. */
export const makeHandler = ({ store }: Pick<Deps, 'store'>) =>
  step('list-slices', input, async ({ now, always }) => ({
    slices: Array.from({ length: store.slices }, (_, slice) => ({ slice, now, always, consumers: 0, differed: 0 })),
  }));

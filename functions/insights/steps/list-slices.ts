import * as z from 'zod/mini';
import { instant } from '../../../shared/edge/parameters.ts';
import { step } from '../../../shared/edge/step.ts';
import { scoringOf } from '../../../shared/usecases/organization/scoring.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

const input = z.object({ now: instant, always: z._default(z.boolean(), false), rules: z.optional(z.int()) });

/**
 * The slices that the population is stored in, each as the first `fold-slice` takes it; none where the scoring rules that
 * it is for are not in force any more.
 */
export const makeHandler = ({ store }: Pick<Deps, 'store'>) =>
  step('list-slices', input, async ({ now, always, rules }) => {
    const [settings] = rules === undefined ? [] : await store.get([{ kind: 'settings' }], true);
    const isOvertaken = rules !== undefined && scoringOf(settings).version !== rules;
    const asked = { now, always, ...(rules !== undefined && { rules }) };
    const slices = Array.from({ length: isOvertaken ? 0 : store.slices }, (_, slice) => slice);
    return { slices: slices.map((slice) => ({ slice, ...asked, consumers: 0, differed: 0 })) };
  });

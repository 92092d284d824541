import { sliceStep } from '../../../shared/edge/slice-step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { retierSlice } from '../../../shared/usecases/tiers/retier.ts';

export const makeHandler = (deps: Deps) =>
  sliceStep('retier-slice', (progress, asked) => retierSlice(deps, progress, asked));

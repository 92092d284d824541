import { sliceStep } from '../../../shared/edge/slice-step.ts';
import { rebuildSlice } from '../../../shared/usecases/insights/rebuild-slice.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) =>
  sliceStep('fold-slice', (progress, asked) => rebuildSlice(deps, progress, asked));

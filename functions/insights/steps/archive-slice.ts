import { sliceStep } from '../../../shared/edge/slice-step.ts';
import { archiveSlice } from '../../../shared/usecases/insights/archive.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) =>
  sliceStep('archive-slice', (progress, asked) => archiveSlice(deps, progress, asked));

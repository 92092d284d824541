import { sliceStep } from '../../../shared/edge/slice-step.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { auditSlice } from '../../../shared/usecases/privacy/re-erase.ts';

export const makeHandler = (deps: Deps) =>
  sliceStep('audit-slice', (progress, asked) => auditSlice(deps, progress, asked));

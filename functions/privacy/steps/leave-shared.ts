import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { leaveShared } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('leave-shared', erasureStep, async (input) => {
    await leaveShared(deps, input);
    return { erasureId: input.erasureId };
  });

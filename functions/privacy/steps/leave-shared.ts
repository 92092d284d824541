import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { leaveShared } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('leave-shared', erasureStep, async (input) => {
    await leaveShared(deps, input);
    return { erasureId: input.erasureId };
  });

import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { giveUp } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('give-up', erasureStep, async (input) => {
    await giveUp(deps, input);
    return { erasureId: input.erasureId };
  });

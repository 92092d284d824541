import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { giveUp } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('give-up', erasureStep, async (input) => {
    await giveUp(deps, input);
    return { erasureId: input.erasureId };
  });

import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { complete } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('complete', erasureStep, async (input) => {
    await complete(deps, input);
    return { erasureId: input.erasureId };
  });

import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { complete } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('complete', erasureStep, async (input) => {
    await complete(deps, input);
    return { erasureId: input.erasureId };
  });

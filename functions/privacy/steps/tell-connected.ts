import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { tellConnected } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('tell-connected', erasureStep, async (input) => {
    await tellConnected(deps, input);
    return { erasureId: input.erasureId };
  });

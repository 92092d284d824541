import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { notifyConnected } from '../../../shared/usecases/privacy/steps.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('tell-connected', erasureStep, async (input) => {
    await notifyConnected(deps, input);
    return { erasureId: input.erasureId };
  });

import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { removeNamed } from '../../../shared/usecases/privacy/remove.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('remove-named', erasureStep, async (input) => {
    await removeNamed(deps, input);
    return { erasureId: input.erasureId };
  });

import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { removeNamed } from '../../../shared/usecases/privacy/removals.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('remove-named', erasureStep, async (input) => {
    await removeNamed(deps, input);
    return { erasureId: input.erasureId };
  });

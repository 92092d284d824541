import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { verify } from '../../../shared/usecases/privacy/proof.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('verify', erasureStep, async (input) => ({ erasureId: input.erasureId, ...(await verify(deps, input)) }));

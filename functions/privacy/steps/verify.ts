import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { verify } from '../../../shared/usecases/privacy/verify.ts';
import { erasureStep } from '../step-input.ts';

export const makeHandler = (deps: ErasureDeps) =>
  step('verify', erasureStep, async (input) => ({ erasureId: input.erasureId, ...(await verify(deps, input)) }));

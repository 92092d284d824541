import { step } from '../../shared/edge/step.ts';
import type { ErasingDeps } from '../../shared/usecases/erasing.ts';
import { verify } from '../../shared/usecases/erasure-proof.ts';
import { erasureStep } from './step-input.ts';

export const makeHandler = (deps: ErasingDeps) =>
  step('verify', erasureStep, async (input) => ({ erasureId: input.erasureId, ...(await verify(deps, input)) }));

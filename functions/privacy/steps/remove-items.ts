import { step } from '../../../shared/edge/step.ts';
import type { ErasureDeps } from '../../../shared/usecases/privacy/erasure-state.ts';
import { removeItems } from '../../../shared/usecases/privacy/remove.ts';
import { erasureStep } from '../step-input.ts';

/** About 50 transactions of 0.1 seconds each, well below the function's timeout. */
const ITEMS_A_STEP = 5_000;

export const makeHandler = (deps: ErasureDeps) =>
  step('remove-items', erasureStep, async (input) => ({
    erasureId: input.erasureId,
    ...(await removeItems(deps, input, ITEMS_A_STEP)),
  }));

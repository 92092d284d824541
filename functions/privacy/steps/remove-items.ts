import { step } from '../../../shared/edge/step.ts';
import type { ErasingDeps } from '../../../shared/usecases/privacy/erasing.ts';
import { removeItems } from '../../../shared/usecases/privacy/removals.ts';
import { erasureStep } from '../step-input.ts';

/** Some fifty transactions, at a tenth of a second each: done long before a function's time is up. */
const ITEMS_A_STEP = 5_000;

export const makeHandler = (deps: ErasingDeps) =>
  step('remove-items', erasureStep, async (input) => ({
    erasureId: input.erasureId,
    ...(await removeItems(deps, input, ITEMS_A_STEP)),
  }));

/** State machines that process the whole population. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { forEachSliceAfterEdits, forEachSliceTwice, INPUT_AT_ENTRY } from '../../shared/edge/workflow-definitions.ts';

export const insightsWorkflows = {
  'metrics-rebuild': {
    summary:
      "Fold every consumer's metrics again from the history: after the scoring rules changed, those made by others; with `always` everyone, and none should differ",
    definition: forEachSliceAfterEdits('step:insights/fold-slice'),
  },
  'archive-rebuild': {
    summary:
      'Archive everyone who is to be, and bring back who is not: after another number of days was set, and monthly',
    definition: forEachSliceTwice('step:insights/archive-slice', INPUT_AT_ENTRY),
  },
} as const satisfies Workflows;

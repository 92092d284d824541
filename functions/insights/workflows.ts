/** State machines that process the whole population. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { forEachSliceAfterEdits, forEachSliceTwice, INPUT_AT_ENTRY } from '../../shared/edge/workflow-definitions.ts';

export const insightsWorkflows = {
  'metrics-rebuild': {
    summary:
      'Rebuild metrics from the history: those made by older scoring rules, or with `always` those of every consumer, none of which should differ',
    definition: forEachSliceAfterEdits('step:insights/fold-slice'),
  },
  'archive-rebuild': {
    summary: 'Archive and restore consumers after the number of inactive days was changed, and monthly',
    definition: forEachSliceTwice('step:insights/archive-slice', INPUT_AT_ENTRY),
  },
} as const satisfies Workflows;

/** State machines of tiers. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { forEachSlice } from '../../shared/edge/workflow-definitions.ts';

export const tiersWorkflows = {
  'tiers-rebuild': {
    summary: 'Recompute every tier after the ladder was edited or its module was switched on',
    definition: forEachSlice('step:tiers/retier-slice'),
  },
} as const satisfies Workflows;

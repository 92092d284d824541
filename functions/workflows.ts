/** The state machines, by capability. */
import type { Workflows } from '../shared/edge/catalogue.ts';
import { exportsWorkflows } from './exports/workflows.ts';
import { insightsWorkflows } from './insights/workflows.ts';
import { listsWorkflows } from './lists/workflows.ts';
import { privacyWorkflows } from './privacy/workflows.ts';
import { segmentsWorkflows } from './segments/workflows.ts';
import { tiersWorkflows } from './tiers/workflows.ts';

export const workflows = {
  exports: exportsWorkflows,
  privacy: privacyWorkflows,
  lists: listsWorkflows,
  segments: segmentsWorkflows,
  insights: insightsWorkflows,
  tiers: tiersWorkflows,
} as const satisfies Record<string, Workflows>;

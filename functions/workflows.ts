/** Every state machine. Steps are files of their capability. */
import type { Workflow } from '../shared/edge/catalogue.ts';

/** Slices that are gone over side by side: enough to be quick, few enough to leave the table to its callers. */
const SLICES_AT_ONCE = 4;

/** Steps are safe to repeat, and what ails the table passes. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }];

/** Goes over everyone: the step is done for each slice of the population, again and again until the slice is done. */
const overEveryone = (step: `step:${string}`) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'ListSlices',
  States: {
    ListSlices: {
      Type: 'Task',
      Resource: 'step:insights/list-slices',
      Arguments: '{% $states.input %}',
      Retry: RETRY,
      Next: 'EachSlice',
    },
    EachSlice: {
      Type: 'Map',
      Items: '{% $states.input.slices %}',
      Output: '{% { "consumers": $sum($states.result.consumers), "differed": $sum($states.result.differed) } %}',
      MaxConcurrency: SLICES_AT_ONCE,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'GoOn',
        States: {
          GoOn: { Type: 'Task', Resource: step, Arguments: '{% $states.input %}', Retry: RETRY, Next: 'IsDone' },
          IsDone: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $states.input.done %}', Next: 'Done' }],
            Default: 'GoOn',
          },
          Done: { Type: 'Succeed' },
        },
      },
      End: true,
    },
  },
});

export const workflows = {
  'metrics-rebuild': {
    capability: 'insights',
    summary:
      "Fold every consumer's metrics again from the history: after the scoring rules changed, those made by others; with `always` everyone, and none should differ",
    definition: overEveryone('step:insights/fold-slice'),
  },
  'tiers-rebuild': {
    capability: 'tiers',
    summary: 'Move everyone to the tier in force: after the ladder was edited, or its module switched on',
    definition: overEveryone('step:tiers/retier-slice'),
  },
} as const satisfies Record<string, Workflow>;

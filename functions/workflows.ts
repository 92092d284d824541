/** Every state machine. Steps are files of their capability. */
import type { Workflow } from '../shared/edge/catalogue.ts';

/** Slices that are folded side by side: enough to be quick, few enough to leave the table to its callers. */
const SLICES_AT_ONCE = 4;

/** Steps are safe to repeat, and what ails the table passes. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }];

export const workflows = {
  'metrics-rebuild': {
    capability: 'insights',
    summary:
      "Fold every consumer's metrics again from the history: after the scoring rules changed, those made by others; with `always` everyone, and none should differ",
    definition: {
      QueryLanguage: 'JSONata',
      StartAt: 'ListSlices',
      States: {
        ListSlices: {
          Type: 'Task',
          Resource: 'step:insights/list-slices',
          Arguments: '{% $states.input %}',
          Retry: RETRY,
          Next: 'FoldSlices',
        },
        FoldSlices: {
          Type: 'Map',
          Items: '{% $states.input.slices %}',
          Output: '{% { "consumers": $sum($states.result.consumers), "differed": $sum($states.result.differed) } %}',
          MaxConcurrency: SLICES_AT_ONCE,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'INLINE' },
            StartAt: 'FoldSlice',
            States: {
              FoldSlice: {
                Type: 'Task',
                Resource: 'step:insights/fold-slice',
                Arguments: '{% $states.input %}',
                Retry: RETRY,
                Next: 'IsFolded',
              },
              IsFolded: {
                Type: 'Choice',
                Choices: [{ Condition: '{% $states.input.done %}', Next: 'Folded' }],
                Default: 'FoldSlice',
              },
              Folded: { Type: 'Succeed' },
            },
          },
          End: true,
        },
      },
    },
  },
} as const satisfies Record<string, Workflow>;

/** State machines of segments. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { INPUT_AT_ENTRY, RETRY, SLICES_AT_ONCE } from '../../shared/edge/workflow-definitions.ts';

/**
 * Fills new and edited rules with their members, slice by slice in parallel, announces them all at once, and repeats while
 * any are left. One run at a time: see usecases/segments/backfill/backfill.ts. Each step's `now` is the instant at which its
 * state was entered, so that it is never older than what the step reads.
 */
const backfill = {
  QueryLanguage: 'JSONata',
  StartAt: 'Claim',
  States: {
    Claim: {
      Type: 'Task',
      Resource: 'step:segments/claim-backfill',
      Arguments: '{% { "runId": $states.context.Execution.Name, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Next: 'HasWork',
    },
    HasWork: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.hasWork %}', Next: 'EachSlice' }],
      Default: 'NothingLeft',
    },
    EachSlice: {
      Type: 'Map',
      Items: '{% $states.input.slices %}',
      Output: '{% { "units": $states.input.units } %}',
      MaxConcurrency: SLICES_AT_ONCE,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Fill',
        States: {
          Fill: {
            Type: 'Task',
            Resource: 'step:segments/fill-slice',
            Arguments: INPUT_AT_ENTRY,
            Retry: RETRY,
            Next: 'IsFilled',
          },
          IsFilled: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $states.input.done %}', Next: 'Filled' }],
            Default: 'Fill',
          },
          Filled: { Type: 'Succeed' },
        },
      },
      Next: 'GoLive',
    },
    GoLive: {
      Type: 'Task',
      Resource: 'step:segments/go-live',
      Arguments:
        '{% { "runId": $states.context.Execution.Name, "units": $states.input.units, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Next: 'Claim',
    },
    NothingLeft: { Type: 'Succeed' },
  },
};

/** Removes the members of deleted rules, page by page. */
const cleanUp = {
  QueryLanguage: 'JSONata',
  StartAt: 'LetGo',
  States: {
    LetGo: {
      Type: 'Task',
      Resource: 'step:segments/let-go',
      Arguments: '{% { "units": $states.input.units, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Next: 'IsDone',
    },
    IsDone: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.done %}', Next: 'Done' }],
      Default: 'LetGo',
    },
    Done: { Type: 'Succeed' },
  },
};

export const segmentsWorkflows = {
  'segments-backfill': {
    summary: 'Compute the members of new and edited segment rules and announce them together',
    definition: backfill,
  },
  'segments-cleanup': {
    summary: 'Remove the members of deleted segments',
    definition: cleanUp,
  },
} as const satisfies Workflows;

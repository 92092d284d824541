/** Parts that the state machines of several capabilities share, in the Amazon States Language with JSONata. */

/** Slices processed in parallel. Limits the load on the table while requests are being served. */
export const SLICES_AT_ONCE = 4;

/** Steps are safe to repeat, and throttling of the table passes. */
export const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }];

/** The state's input, with the instant at which the state was entered as `now`: a step never works with a `now` older than its reads. */
export const INPUT_AT_ENTRY = '{% $merge([$states.input, { "now": $states.context.State.EnteredTime }]) %}';

/** `step:<capability>/<file>` */
type StepName = `step:${string}`;

/** Processes the whole population: lists its slices, then repeats the step for each slice until the slice is done. */
export const forEachSlice = (step: StepName, stepArguments = '{% $states.input %}') => ({
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
          GoOn: { Type: 'Task', Resource: step, Arguments: stepArguments, Retry: RETRY, Next: 'IsDone' },
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

/** Longer than the pause between two edits when staff make several in a row. */
const BETWEEN_EDITS_SECONDS = 10;

/** Like `forEachSlice`, but waits first if the input has `isPatient`, so that a series of edits needs one run instead of one per edit. */
export const forEachSliceAfterEdits = (step: StepName) => {
  const { States, StartAt, ...machine } = forEachSlice(step);
  return {
    ...machine,
    StartAt: 'IsPatient',
    States: {
      IsPatient: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.isPatient = true %}', Next: 'UntilEditsEnd' }],
        Default: StartAt,
      },
      UntilEditsEnd: { Type: 'Wait', Seconds: BETWEEN_EDITS_SECONDS, Next: StartAt },
      ...States,
    },
  };
};

/** Twice the gateway's limit for a request. */
const LONGEST_REQUEST_SECONDS = 60;

/**
 * Processes the whole population twice. The second pass catches writes of requests that had read the previous settings.
 * `differed` is the sum of both passes.
 */
export const forEachSliceTwice = (step: StepName, stepArguments?: string) => {
  const { States: once, ...machine } = forEachSlice(step, stepArguments);
  const { End: _, ...eachSlice } = once.EachSlice;
  const differed = '$sum($append($states.result.differed, $states.input.differed))';
  const isLast = '"isLast": $exists($states.input.isLast)';
  return {
    ...machine,
    States: {
      ListSlices: { ...once.ListSlices, Output: '{% $merge([$states.input, $states.result]) %}' },
      EachSlice: {
        ...eachSlice,
        Output: `{% { "consumers": $sum($states.result.consumers), "differed": ${differed}, ${isLast} } %}`,
        Next: 'IsLast',
      },
      IsLast: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.isLast %}', Next: 'EveryoneIsSettled' }],
        Default: 'UntilAllIsWritten',
      },
      UntilAllIsWritten: {
        Type: 'Wait',
        Seconds: LONGEST_REQUEST_SECONDS,
        Output: '{% $merge([$states.input, { "now": $states.context.State.EnteredTime, "isLast": true }]) %}',
        Next: 'ListSlices',
      },
      EveryoneIsSettled: { Type: 'Succeed' },
    },
  };
};

/** Every state machine. Steps are files of their capability. */
import type { Workflow } from '../shared/edge/catalogue.ts';

/** Slices that are gone over side by side: enough to be quick, few enough to leave the table to its callers. */
const SLICES_AT_ONCE = 4;

/** Steps are safe to repeat, and what ails the table passes. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }];

/** Each step goes by the instant at which it was entered: it is never older than what it reads. */
const AS_ENTERED = '{% $merge([$states.input, { "now": $states.context.State.EnteredTime }]) %}';

/** Goes over everyone: the step is done for each slice of the population, again and again until the slice is done. */
const overEveryone = (step: `step:${string}`, given = '{% $states.input %}') => ({
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
          GoOn: { Type: 'Task', Resource: step, Arguments: given, Retry: RETRY, Next: 'IsDone' },
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

/** Goes over everyone when nobody edits any more, where it is told to be patient: a run for each edit would be in vain. */
const overEveryonePatiently = (step: `step:${string}`) => {
  const { States, StartAt, ...machine } = overEveryone(step);
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
/** Who edits one segment after another takes less. */
const BETWEEN_EDITS_SECONDS = 10;

/**
 * Goes over everyone twice: what requests that had read the settings of before wrote meanwhile, the second time finds. Those
 * who differed are counted together.
 */
const overEveryoneTwice = (step: `step:${string}`, given?: string) => {
  const { States: once, ...machine } = overEveryone(step, given);
  const { End: _, ...going } = once.EachSlice;
  const differed = '$sum($append($states.result.differed, $states.input.differed))';
  const isLast = '"isLast": $exists($states.input.isLast)';
  return {
    ...machine,
    States: {
      ListSlices: { ...once.ListSlices, Output: '{% $merge([$states.input, $states.result]) %}' },
      EachSlice: {
        ...going,
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
/** Twice what the gateway gives a request. */
const LONGEST_REQUEST_SECONDS = 60;

/**
 * New and edited rules are filled with members, slice beside slice, then told all at once; and once more, as long as there
 * are any. One run at a time: see usecases/segments/backfill/backfill.ts. Each step goes by the instant at which it was entered, so
 * that it is never older than what it reads.
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
            Arguments: AS_ENTERED,
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

/** The members of deleted rules are let go, page by page. */
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

/**
 * The members of a deleted list are taken off, page by page. The index that they are found by may not know yet who was
 * added last: it is looked at again some time later, and then the list's id is given back.
 */
const listCleanUp = {
  QueryLanguage: 'JSONata',
  StartAt: 'TakeOff',
  States: {
    TakeOff: {
      Type: 'Task',
      Resource: 'step:lists/clean-up',
      Arguments: '{% { "listId": $states.input.listId, "isLast": false } %}',
      Retry: RETRY,
      Next: 'IsEmpty',
    },
    IsEmpty: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.done %}', Next: 'UntilTheIndexKnows' }],
      Default: 'TakeOff',
    },
    UntilTheIndexKnows: { Type: 'Wait', Seconds: 10, Next: 'LookAgain' },
    LookAgain: {
      Type: 'Task',
      Resource: 'step:lists/clean-up',
      Arguments: '{% { "listId": $states.input.listId, "isLast": true } %}',
      Retry: RETRY,
      Next: 'IsDone',
    },
    IsDone: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.done %}', Next: 'Done' }],
      Default: 'LookAgain',
    },
    Done: { Type: 'Succeed' },
  },
};

/** A step of an erasure: what it cannot do in the end is given up, so that somebody is told, and can be begun again. */
const erasing = (step: string) => ({
  Type: 'Task',
  Resource: `step:privacy/${step}`,
  Arguments: '{% { "erasureId": $states.input.erasureId, "now": $states.context.State.EnteredTime } %}',
  Retry: RETRY,
  Catch: [
    {
      ErrorEquals: ['States.ALL'],
      Output: '{% { "erasureId": $states.context.Execution.Input.erasureId } %}',
      Next: 'GiveUp',
    },
  ],
});

/**
 * The consumer is frozen before this begins, in the request. No step names whom it is about, and each may be repeated. The
 * indexes that answers and exports are found by may not know yet what was written last: they are asked again some time
 * later. What the proof finds left is removed, and the proof made again.
 */
const erasure = {
  QueryLanguage: 'JSONata',
  StartAt: 'TellConnected',
  States: {
    TellConnected: { ...erasing('tell-connected'), Next: 'RemoveItems' },
    RemoveItems: { ...erasing('remove-items'), Next: 'AreItemsGone' },
    AreItemsGone: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.done %}', Next: 'LeaveShared' }],
      Default: 'RemoveItems',
    },
    LeaveShared: { ...erasing('leave-shared'), Next: 'RemoveNamed' },
    RemoveNamed: { ...erasing('remove-named'), Next: 'UntilTheIndexesKnow' },
    UntilTheIndexesKnow: { Type: 'Wait', Seconds: 10, Next: 'RemoveNamedSince' },
    RemoveNamedSince: { ...erasing('remove-named'), Next: 'Verify' },
    Verify: { ...erasing('verify'), Next: 'IsClean' },
    IsClean: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.clean %}', Next: 'Complete' }],
      Default: 'RemoveItems',
    },
    Complete: { ...erasing('complete'), End: true },
    GiveUp: {
      Type: 'Task',
      Resource: 'step:privacy/give-up',
      Arguments: '{% { "erasureId": $states.input.erasureId, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Next: 'TellOperators',
    },
    TellOperators: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: {
        QueueUrl: 'queue:dead-letters',
        MessageBody: '{% { "erasureId": $states.context.Execution.Input.erasureId } %}',
      },
      Next: 'GivenUp',
    },
    GivenUp: { Type: 'Fail', Error: 'ErasureGivenUp', Cause: 'The receipt says which step failed.' },
  },
};

/** The file is written in one step, however long it is. What fails again and again says so to whoever asked for it. */
const exportFile = {
  QueryLanguage: 'JSONata',
  StartAt: 'Write',
  States: {
    Write: {
      Type: 'Task',
      Resource: 'step:exports/write',
      Arguments: '{% { "exportId": $states.input.exportId, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.context.Execution.Input %}', Next: 'GiveUp' }],
      End: true,
    },
    GiveUp: {
      Type: 'Task',
      Resource: 'step:exports/give-up',
      Arguments: '{% { "exportId": $states.input.exportId, "now": $states.context.State.EnteredTime } %}',
      Retry: RETRY,
      Next: 'GivenUp',
    },
    GivenUp: { Type: 'Fail', Error: 'ExportGivenUp', Cause: 'Its file could not be written.' },
  },
};

export const workflows = {
  export: {
    capability: 'exports',
    summary: 'Write the file of an export',
    definition: exportFile,
  },
  erasure: {
    capability: 'privacy',
    summary: 'Remove everything of a consumer everywhere, prove that nothing is left, and leave a receipt',
    definition: erasure,
  },
  'erasure-audit': {
    capability: 'privacy',
    summary: 'Find those who were erased and are there again, as after a table was restored, and erase them again',
    definition: overEveryone('step:privacy/audit-slice'),
  },
  'lists-cleanup': {
    capability: 'lists',
    summary: 'Take the members of deleted lists off',
    definition: listCleanUp,
  },
  'segments-backfill': {
    capability: 'segments',
    summary: 'Fill new and edited rules of segments with members, and tell them once they all stand',
    definition: backfill,
  },
  'segments-cleanup': {
    capability: 'segments',
    summary: 'Let the members of deleted segments go',
    definition: cleanUp,
  },
  'metrics-rebuild': {
    capability: 'insights',
    summary:
      "Fold every consumer's metrics again from the history: after the scoring rules changed, those made by others; with `always` everyone, and none should differ",
    definition: overEveryonePatiently('step:insights/fold-slice'),
  },
  'archive-rebuild': {
    capability: 'insights',
    summary:
      'Archive everyone who is to be, and bring back who is not: after another number of days was set, and monthly',
    definition: overEveryoneTwice('step:insights/archive-slice', AS_ENTERED),
  },
  'tiers-rebuild': {
    capability: 'tiers',
    summary: 'Move everyone to the tier in force: after the ladder was edited, or its module switched on',
    definition: overEveryone('step:tiers/retier-slice'),
  },
} as const satisfies Record<string, Workflow>;

/** State machines of erasure. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { forEachSlice, RETRY } from '../../shared/edge/workflow-definitions.ts';

/** A step of an erasure. One that still fails after its retries leads to `GiveUp`, which alerts operators; the erasure can be restarted. */
const erasureStep = (step: string) => ({
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
 * The request has already frozen the consumer when this starts. No step's input names the consumer, and every step may be
 * repeated. The indexes of stored answers and exports are eventually consistent and may not show the last writes yet, so
 * they are read again after a wait. If the verification finds leftovers, they are removed and it runs again.
 */
const erasure = {
  QueryLanguage: 'JSONata',
  StartAt: 'TellConnected',
  States: {
    TellConnected: { ...erasureStep('tell-connected'), Next: 'RemoveItems' },
    RemoveItems: { ...erasureStep('remove-items'), Next: 'AreItemsGone' },
    AreItemsGone: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.done %}', Next: 'LeaveShared' }],
      Default: 'RemoveItems',
    },
    LeaveShared: { ...erasureStep('leave-shared'), Next: 'RemoveNamed' },
    RemoveNamed: { ...erasureStep('remove-named'), Next: 'UntilTheIndexesKnow' },
    UntilTheIndexesKnow: { Type: 'Wait', Seconds: 10, Next: 'RemoveNamedSince' },
    RemoveNamedSince: { ...erasureStep('remove-named'), Next: 'Verify' },
    Verify: { ...erasureStep('verify'), Next: 'IsClean' },
    IsClean: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.clean %}', Next: 'Complete' }],
      Default: 'RemoveItems',
    },
    Complete: { ...erasureStep('complete'), End: true },
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

export const privacyWorkflows = {
  erasure: {
    summary: 'Remove all data of a consumer, verify that nothing is left, and complete the receipt',
    definition: erasure,
  },
  'erasure-audit': {
    summary: 'Find erased consumers who reappeared, for instance after a table was restored, and erase them again',
    definition: forEachSlice('step:privacy/audit-slice'),
  },
} as const satisfies Workflows;

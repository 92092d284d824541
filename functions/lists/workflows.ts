/** State machines of lists. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { RETRY } from '../../shared/edge/workflow-definitions.ts';

/**
 * Removes the members of a deleted list, page by page. The index of members is eventually consistent and may not show the
 * last additions yet, so it is read again after a wait; only then is the list's id released.
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

export const listsWorkflows = {
  'lists-cleanup': {
    summary: 'Remove the members of deleted lists',
    definition: listCleanUp,
  },
} as const satisfies Workflows;

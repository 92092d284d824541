/** State machines of exports. */
import type { Workflows } from '../../shared/edge/catalogue.ts';
import { RETRY } from '../../shared/edge/workflow-definitions.ts';

/** Writes the file in one step regardless of its size. If the retries fail too, the export's status becomes `failed`. */
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
    GivenUp: { Type: 'Fail', Error: 'ExportGivenUp', Cause: 'The file could not be written.' },
  },
};

export const exportsWorkflows = {
  export: {
    summary: 'Write the file of an export',
    definition: exportFile,
  },
} as const satisfies Workflows;

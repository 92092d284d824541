/** Step Functions as the workflows. */
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Workflows } from '../usecases/ports/bus.ts';

/** `arnOf` names the state machine of a workflow. */
export const stepFunctions = (
  arnOf: (workflow: string) => string,
  client = new SFNClient({ maxAttempts: 4 }),
): Workflows => ({
  start: async (name, executionName, input) => {
    try {
      const stateMachineArn = arnOf(name);
      await client.send(
        new StartExecutionCommand({ stateMachineArn, name: executionName, input: JSON.stringify(input) }),
      );
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  },
});

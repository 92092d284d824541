/** Step Functions' API, as far as functions use it: starting an execution and looking at one. */
import { AwsError } from '../base/aws-error.ts';
import type { Execution, StateMachines } from './state-machines.ts';

export interface ExecutionsApi {
  start(input: Record<string, unknown>): Promise<{ executionArn: string; startDate: number }>;
  describe(input: Record<string, unknown>): Record<string, unknown>;
}

const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

export const executionsApi = (machines: StateMachines): ExecutionsApi => ({
  start: async (input) => {
    const name = input['name'];
    if (name !== undefined && (typeof name !== 'string' || !NAME.test(name))) {
      throw new AwsError('InvalidName', `Invalid Name: '${String(name)}'`);
    }
    const arn = String(input['stateMachineArn']);
    const executionArn = await machines.start(arn, inputOf(input['input']), name);
    return { executionArn, startDate: secondsOf(found(machines, executionArn).startedAt) };
  },
  describe: (input) => {
    const execution = found(machines, String(input['executionArn']));
    const { executionArn, name, stateMachineArn, status, startedAt, stoppedAt, output, error } = execution;
    return {
      ...{ executionArn, name, stateMachineArn, status, startDate: secondsOf(startedAt) },
      ...(stoppedAt !== null && { stopDate: secondsOf(stoppedAt) }),
      input: JSON.stringify(execution.input),
      ...(status === 'SUCCEEDED' && { output: JSON.stringify(output) }),
      ...(error !== null && { error: error.error, cause: error.cause }),
    };
  },
});

function found(machines: StateMachines, executionArn: string): Execution {
  const execution = machines.find(executionArn);
  if (!execution) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  return execution;
}

function inputOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : {};
  } catch {
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input');
  }
}

const secondsOf = (iso: string): number => Date.parse(iso) / 1000;

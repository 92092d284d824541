/** Runs a workflow of the catalogue as deployed, with the given handlers as its steps. */
import { workflows } from '../../functions/workflows.ts';
import { entriesOf } from '../../infra/catalogues.ts';
import { deployable } from '../../infra/constructs/workflows.ts';
import { createClock } from '../../infra/local/runtime/base/clock.ts';
import { StateMachines } from '../../infra/local/runtime/states/state-machines.ts';
import type { StepEvent, Workflow } from '../../shared/edge/catalogue.ts';
import { NOW } from './events.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:steps';
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters';
const steps = { logicalId: 'F', name: 'steps', arn: FUNCTION, codeDirectory: '', handler: 'index.handler' };

type Names<W> = { [C in keyof W]: keyof W[C] }[keyof W];
type WorkflowName = Names<typeof workflows>;
type Handlers = Record<string, (input: unknown) => Promise<unknown>>;

/** The workflow's state machine. Executions run concurrently once started. */
export const machineOf = (name: WorkflowName, handlers: Handlers) => {
  const found = entriesOf<Workflow>(workflows).find((entry) => entry.name === name);
  const definition = deployable(found?.row.definition, {
    functionArnOf: () => FUNCTION,
    deadLettersUrl: QUEUE,
  }) as Record<string, unknown>;
  const arn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const clock = createClock({ file: null, start: NOW });
  const machines = new StateMachines({
    machines: new Map([['M', { logicalId: 'M', name, arn, definition }]]),
    functions: new Map([['F', { ...steps, environment: {}, memoryMb: 512, timeoutSeconds: 900 }]]),
    invoke: async (_, event) => {
      const { step, input: given } = event as StepEvent;
      return handlers[step]?.(given);
    },
    send: (url) => url === QUEUE,
    clock,
    file: null,
  });
  const executions: string[] = [];
  return {
    start: async (input: unknown, execution = 'run') => {
      executions.push(await machines.start(name, input, execution));
    },
    /** The final outputs, in the order of the starts. */
    outputs: async (): Promise<unknown[]> => {
      await machines.idle();
      // Waits end immediately: the clock moves to the next alarm.
      for (let next = clock.nextAlarmMs(); next !== null; next = clock.nextAlarmMs()) {
        clock.set(new Date(next).toISOString());
        await machines.idle();
      }
      await machines.stop();
      return executions.map((execution) => machines.find(execution)?.output);
    },
  };
};

/** The workflow's final output. */
export const outputOf = async (name: WorkflowName, handlers: Handlers, input: unknown): Promise<unknown> => {
  const machine = machineOf(name, handlers);
  await machine.start(input);
  return (await machine.outputs())[0];
};
